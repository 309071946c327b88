#include "actors/node/actors.hpp"
#include "gateway/api/run_view.hpp"
#include "runtime/supervisor/door.hpp"
#include "tests/gateway/api/api_under_test.hpp"

#include <list>
#include <thread>

using namespace machine;
using test::api_under_test;
using test::json;
using test::raw_client;

namespace {

constexpr const char* script = R"(
tokens_per_second: 200
rules:
  - when: {user: "Talk"}
    say: One two three four five six seven eight nine ten eleven twelve words.
)";

constexpr const char* job = R"(
name: job
steps:
  - {id: ok, approve: "Go on?"}
  - {id: a, needs: [ok], command: 'echo a > a'}
  - {id: b, needs: [ok], command: 'echo b > b'}
  - {id: talk, needs: [a], model: {prompt: Talk, model: demo}}
  - {id: c, needs: [b, talk], command: 'cat a b'}
)";

/// The log of a run as clients should see it.
std::vector<json> log_of(api_under_test& it, const std::string& id) {
  auto stored = it.machine.node().engine().read(
    {orchestrator::run::kind, local_tenant, id}, 1, 100'000, 1u << 30);
  REQUIRE(stored);
  std::vector<json> result;
  for (auto& x : *stored)
    result.push_back(json::parse(gateway::event_document(x.seq, x.payload)));
  return result;
}

/// What a stream still has, numbers checked; live pieces are left out.
std::vector<json> rest_of(raw_client& from) {
  std::vector<json> result;
  while (auto event = from.next_event()) {
    if (event->name != "event")
      continue;
    result.push_back(json::parse(event->data));
    if (result.back()["seq"] != event->id)
      FAIL("event " << event->id << " is " << event->data);
  }
  return result;
}

/// What pages have after *after*.
std::vector<json> pages_of(const api_under_test& it, const std::string& id,
                           uint64_t after, size_t limit) {
  std::vector<json> result;
  auto from = std::to_string(after);
  do {
    auto page = it.get("/runs/" + id + "/events?after=" + from
                       + "&limit=" + std::to_string(limit));
    REQUIRE(page["items"].size() <= limit);
    for (auto& x : page["items"])
      result.push_back(x);
    page["next_cursor"].get_to(from);
  } while (!from.empty());
  return result;
}

std::vector<json> tail_of(const std::vector<json>& all, uint64_t after) {
  return {all.begin() + static_cast<ptrdiff_t>(after), all.end()};
}

std::string begin(api_under_test& it) {
  auto id = it.start(job, {{"repository", it.machine.repository()}});
  it.wait_for_questions(id);
  return id;
}

void answer(const api_under_test& it, const std::string& id) {
  it.expect(200, "POST", "/runs/" + id + "/answers",
            R"({"answer":{"approved":true}})");
}

} // namespace

TEST_CASE("every reader of a log gets the same from every number") {
  api_under_test it{script};
  auto id = begin(it);
  answer(it, id);
  it.machine.wait_for_end(id);
  auto all = log_of(it, id);
  REQUIRE(all.size() > 10);
  for (size_t i = 0; i < all.size(); ++i)
    REQUIRE(all[i]["seq"] == std::to_string(i + 1));
  for (size_t after = 0; after <= all.size(); ++after) {
    INFO(after);
    auto expected = tail_of(all, after);
    REQUIRE(pages_of(it, id, after, 3) == expected);
    REQUIRE(pages_of(it, id, after, 1'000) == expected);
    auto client = it.follow(id, after);
    CHECK(client.read().status == 200);
    REQUIRE(rest_of(client) == expected);
  }
}

TEST_CASE("readers that come while a run goes on get the same, too") {
  api_under_test it{script};
  auto id = begin(it);
  struct reader {
    uint64_t after;
    std::vector<json> got;
  };
  std::list<reader> readers;
  std::vector<std::thread> threads;
  auto first = it.follow(id, 0);
  first.read();
  answer(it, id);
  std::vector<json> got;
  while (auto event = first.next_event()) {
    if (event->name != "event")
      continue;
    got.push_back(json::parse(event->data));
    // From there on somebody else reads along.
    auto& next = readers.emplace_back(reader{got.size(), {}});
    threads.emplace_back([&next, client = it.follow(id, next.after)]() mutable {
      static_cast<void>(client.try_read());
      next.got = rest_of(client);
    });
  }
  for (auto& x : threads)
    x.join();
  it.machine.wait_for_end(id);
  auto all = log_of(it, id);
  CHECK(got == all);
  for (auto& x : readers) {
    INFO(x.after);
    CHECK(x.got == tail_of(all, x.after));
  }
}

TEST_CASE("a long log is streamed whole") {
  api_under_test it;
  std::string many = "name: many\nvars: {x: 0}\nsteps:\n  - {id: s0, set: {x: "
                     ".vars.x + 1}}\n";
  for (auto i = 1; i < 300; ++i)
    many += "  - {id: s" + std::to_string(i) + ", needs: [s"
          + std::to_string(i - 1) + "], set: {x: .vars.x + 1}}\n";
  auto id = it.start(many);
  auto live = it.follow(id, 0);
  live.read();
  auto got = rest_of(live);
  it.machine.wait_for_end(id);
  auto all = log_of(it, id);
  REQUIRE(all.size() > 300);
  CHECK(got == all);
  auto late = it.follow(id, 0);
  late.read();
  CHECK(rest_of(late) == all);
}

TEST_CASE("the header of a client that comes again beats the old address") {
  api_under_test it{script};
  auto id = begin(it);
  answer(it, id);
  it.machine.wait_for_end(id);
  auto all = log_of(it, id);
  auto client = it.follow(id, 0, "Last-Event-ID: 5\r\n");
  client.read();
  CHECK(rest_of(client) == tail_of(all, 5));
}

TEST_CASE("a number that no event has is a mistake") {
  api_under_test it;
  auto id = it.start(test::quick);
  it.machine.wait_for_end(id);
  auto count = log_of(it, id).size();
  auto with = [&](const std::string& after, const std::string& headers = "") {
    return it.problem(400, "GET", "/runs/" + id + "/events?after=" + after, "",
                      headers);
  };
  CHECK(with(std::to_string(count + 1)).find(std::to_string(count))
        != std::string::npos);
  with("18446744073709551615");
  with("18446744073709551616");
  with("-1");
  with("x");
  with("");
  with("1", "Last-Event-ID: x\r\n");
  with("1", "Accept: text/event-stream\r\nLast-Event-ID: 999\r\n");
  it.problem(400, "GET", "/runs/" + id + "/events?limit=0");
}

TEST_CASE("what a model says comes while it says it") {
  api_under_test it{script};
  auto id = begin(it);
  auto client = it.follow(id, 0);
  client.read();
  answer(it, id);
  std::string said;
  while (auto event = client.next_event()) {
    if (event->name != "live")
      continue;
    CHECK(event->id.empty());
    auto piece = json::parse(event->data);
    if (piece["activation"] == "talk")
      said += piece["text"].get<std::string>();
  }
  CHECK(said.find("eleven") != std::string::npos);
}

TEST_CASE("a stream ends with its feed, and its client misses nothing") {
  api_under_test it{script};
  auto id = begin(it);
  std::vector<json> got;
  auto client = it.follow(id, 0);
  client.read();
  // It follows once something has come.
  REQUIRE(client.next_event());
  caf::anon_send_exit(
    supervision::door_of(it.machine.node().actors().feed).leads_to(),
    caf::exit_reason::unhandled_exception);
  rest_of(client);
  answer(it, id);
  auto is_over = [&] {
    return !got.empty() && got.back()["type"] == "books_closed";
  };
  while (!is_over()) {
    auto again = it.follow(id, got.size());
    REQUIRE(again.read().status == 200);
    for (auto& x : rest_of(again))
      got.push_back(x);
  }
  CHECK(got == log_of(it, id));
}

TEST_CASE("nobody follows for a client that has left") {
  api_under_test it;
  auto id = it.start(test::asking);
  it.wait_for_questions(id);
  auto& registry = it.machine.node().actors().system.registry();
  auto before = registry.running();
  {
    std::vector<raw_client> clients;
    for (auto i = 0; i < 10; ++i) {
      clients.push_back(it.follow(id, 0));
      clients.back().read();
      REQUIRE(clients.back().next_event());
    }
    CHECK(registry.running() > before);
  }
  auto until = std::chrono::steady_clock::now() + std::chrono::seconds{20};
  while (registry.running() > before
         && std::chrono::steady_clock::now() < until)
    std::this_thread::yield();
  CHECK(registry.running() <= before);
}

TEST_CASE("a machine stops while clients follow runs that wait") {
  auto it = std::make_unique<api_under_test>();
  auto id = it->start(test::asking);
  it->wait_for_questions(id);
  std::vector<raw_client> clients;
  for (auto i = 0; i < 10; ++i) {
    clients.push_back(it->follow(id, 0));
    clients.back().read();
    REQUIRE(clients.back().next_event());
  }
  auto begin = std::chrono::steady_clock::now();
  it = nullptr;
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds{10});
  for (auto& x : clients)
    rest_of(x);
}
