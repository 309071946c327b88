#include "runtime/wire/wire.hpp"
#include "tests/gateway/api/socket_talk.hpp"

using namespace machine;
using test::add_tasks;
using test::api_under_test;
using test::asking;
using test::connect;
using test::json;
using test::next_event;
using test::people_under_test;
using test::quick;
using test::request;
using test::socket_client;
using test::subscribe;

TEST_CASE("a topic has on a socket what it has as a page") {
  api_under_test it;
  add_tasks(it, 3);
  auto client = connect(it);
  CHECK(
    client.ask(subscribe("tasks"))
    == json{
      {"type", "subscribed"}, {"id", "s"}, {"topic", "tasks"}, {"seq", "0"}});
  std::vector<json> heard;
  for (uint64_t i = 1; i <= 3; ++i)
    heard.push_back(next_event(client, i)["data"]);
  add_tasks(it, 2);
  for (uint64_t i = 4; i <= 5; ++i)
    heard.push_back(next_event(client, i)["data"]);
  CHECK(heard
        == it.get("/topics/tasks/events")["items"].get<decltype(heard)>());
}

TEST_CASE(
  "who comes back with a number misses nothing and gets nothing twice") {
  api_under_test it;
  uint64_t last = 0;
  for (int round = 0; round < 5; ++round) {
    auto client = connect(it);
    CHECK(
      client.ask(subscribe("tasks", {{"after", std::to_string(last)}}))["seq"]
      == std::to_string(last));
    add_tasks(it, 2);
    next_event(client, ++last);
    client.leave();
    add_tasks(it, 1);
  }
}

TEST_CASE("latest leaves out what has happened") {
  api_under_test it;
  add_tasks(it, 2);
  auto client = connect(it);
  CHECK(client.ask(subscribe("tasks", {{"latest", true}}))["seq"] == "2");
  add_tasks(it, 1);
  next_event(client, 3);
}

TEST_CASE("a run has its events on a socket, and an end") {
  api_under_test it;
  auto id = it.start(quick);
  auto client = connect(it);
  CHECK(client.ask(subscribe("run/" + id))["type"] == "subscribed");
  uint64_t seq = 0;
  for (;;) {
    auto x = client.hear();
    if (x["type"] == "ended") {
      CHECK(x["topic"] == "run/" + id);
      CHECK(x["code"] == "complete");
      CHECK(x["seq"] == std::to_string(seq));
      break;
    }
    REQUIRE(x["type"] == "event");
    CHECK(x["seq"] == std::to_string(++seq));
  }
  // Who has all is told so at once.
  CHECK(
    client.ask(subscribe("run/" + id, {{"after", std::to_string(seq)}}))["type"]
    == "subscribed");
  CHECK(client.hear()["code"] == "complete");
}

TEST_CASE("a subscription gets no more than its credit") {
  api_under_test it;
  add_tasks(it, 3);
  auto client = connect(it);
  client.ask(subscribe("tasks", {{"credit", 2}}));
  next_event(client, 1);
  next_event(client, 2);
  // Were there a third, it would come before this.
  add_tasks(it, 1);
  CHECK(client.ask({{"type", "ping"}, {"id", "p"}})
        == json{{"type", "pong"}, {"id", "p"}});
  client.say(
    {{"type", "credit"}, {"id", "c"}, {"topic", "tasks"}, {"events", 3}});
  next_event(client, 3);
  next_event(client, 4);
  add_tasks(it, 2);
  next_event(client, 5);
  CHECK(client.ask({{"type", "ping"}, {"id", "p"}})["type"] == "pong");
}

TEST_CASE("who unsubscribes hears no more, and can come again") {
  api_under_test it;
  auto client = connect(it);
  client.ask(subscribe("tasks"));
  add_tasks(it, 1);
  next_event(client, 1);
  CHECK(
    client.ask({{"type", "unsubscribe"}, {"id", "u"}, {"topic", "tasks"}})
    == json{
      {"type", "unsubscribed"}, {"id", "u"}, {"topic", "tasks"}, {"seq", "1"}});
  add_tasks(it, 1);
  CHECK(client.ask(subscribe("tasks", {{"after", "1"}}))["type"]
        == "subscribed");
  next_event(client, 2);
}

TEST_CASE("one client has a bounded number of topics") {
  api_under_test it;
  auto client = connect(it);
  std::vector<std::string> runs;
  for (int i = 0; i < 65; ++i)
    runs.push_back(it.start(asking));
  for (int i = 0; i < 64; ++i)
    client.say(subscribe("run/" + runs[i], {{"latest", true}}));
  for (int subscribed = 0; subscribed < 64;)
    subscribed += client.hear()["type"] == "subscribed" ? 1 : 0;
  client.say(subscribe("run/" + runs[64]));
  for (;;)
    if (auto x = client.hear(); x["type"] != "event" && x["type"] != "live") {
      CHECK(x["type"] == "error");
      CHECK(x["code"] == "limit_exceeded");
      break;
    }
}

TEST_CASE("MessagePack has the same events") {
  api_under_test it;
  auto client = connect(it, test::api_bearer, "themachine.v1.msgpack");
  CHECK(client.protocol() == "themachine.v1.msgpack");
  auto say = [&](const json& what) {
    auto packed = json::to_msgpack(what);
    client.send(0x82,
                {reinterpret_cast<const char*>(packed.data()), packed.size()});
  };
  auto hear = [&] {
    auto frame = client.next();
    REQUIRE(frame.first == 0x82);
    return json::from_msgpack(frame.payload);
  };
  say(subscribe("tasks"));
  CHECK(hear()["type"] == "subscribed");
  add_tasks(it, 1);
  auto x = hear();
  CHECK(x["type"] == "event");
  CHECK(x["seq"] == 1);
  CHECK(json::parse(x["data"].get<std::string>())["data"]["title"] == "t0");
}

TEST_CASE("who has used up their requests keeps what they are subscribed to") {
  test::unusual how;
  how.server = [](auto& x) { x.check_period = duration{5}; };
  how.context = [](auto& x) {
    gateway::rate_rules rules;
    rules.key = security::rate_limit{1, 3};
    x.rates = std::make_shared<gateway::rate_gate>(rules);
  };
  people_under_test it{test::no_rules, people_under_test::cheap(), how};
  it.make_tenant("acme");
  auto ann = it.make("acme", "ann", tenants::role::admin);
  auto socket = connect(it, ann.headers());
  CHECK(socket.ask(subscribe("tasks"))["type"] == "subscribed");
  while (it.ask_as(&ann, "GET", "/api/v1/me").status != 429)
    continue;
  // Some forty times it is looked at whether she is still somebody.
  auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds{200};
  uint64_t number = 0;
  while (std::chrono::steady_clock::now() < end) {
    it.expect(201, "POST", "/projects/default/tasks", R"({"title":"x"})",
              "X-Tenant: acme\r\n");
    next_event(socket, ++number);
  }
}

TEST_CASE("who may not see a topic any more hears no more of it") {
  people_under_test it{test::no_rules,
                       people_under_test::cheap(),
                       {.server = [](gateway::server_options& x) {
                         x.check_period = duration{5};
                       }}};
  it.make_tenant("acme");
  auto ann = it.make("acme", "ann", tenants::role::viewer);
  auto socket = connect(it, ann.headers());
  CHECK(socket.ask(subscribe("tasks"))["type"] == "subscribed");
  it.expect(200, "PATCH", "/principals/ann", R"({"role":null})",
            "X-Tenant: acme\r\n");
  auto end = socket.hear();
  CHECK(end["type"] == "ended");
  CHECK(end["code"] == "denied");
  // She is known still.
  CHECK(socket.ask(request("GET", "/me"))["status"] == 200);
}

TEST_CASE("hundreds of clients of one topic get the same, in order") {
  api_under_test it;
  std::vector<socket_client> clients;
  for (int i = 0; i < 100; ++i) {
    clients.push_back(connect(it));
    clients.back().ask(subscribe("tasks"));
  }
  add_tasks(it, 20);
  for (auto& client : clients)
    for (uint64_t i = 1; i <= 20; ++i)
      next_event(client, i);
}

namespace {

/// Runs with a log of some 200 kilobytes each.
std::vector<std::string> start_large_runs(api_under_test& it, size_t count) {
  std::vector<std::string> result;
  json more{{"inputs", {{"what", std::string(200'000, 'x')}}}};
  for (size_t i = 0; i < count; ++i)
    result.push_back(it.start(quick, more));
  for (auto& id : result)
    it.machine.wait_for_end(id);
  return result;
}

/// Asks for other things for a while, in which a client that is slow to read
/// has as much waiting as ever it will.
void stay_busy(const api_under_test& it) {
  for (int i = 0; i < 300; ++i)
    it.get("/me");
}

} // namespace

TEST_CASE("a client that reads gets all that it has subscribed to at once") {
  api_under_test it;
  auto runs = start_large_runs(it, 30);
  socket_client client{it.server.port(), test::socket_target, test::api_bearer,
                       "themachine.v1.json", 4'096};
  for (auto& id : runs)
    client.say(subscribe("run/" + id));
  stay_busy(it);
  std::map<std::string, uint64_t> seen;
  for (size_t ended = 0; ended < runs.size();) {
    auto x = client.hear();
    INFO(x.dump().substr(0, 300));
    auto topic = x["topic"].get<std::string>();
    if (x["type"] == "event")
      CHECK(x["seq"] == std::to_string(++seen[topic]));
    else if (x["type"] == "ended") {
      CHECK(x["code"] == "complete");
      ++ended;
    } else {
      CHECK(x["type"] == "subscribed");
    }
  }
  CHECK(seen.size() == runs.size());
}

TEST_CASE("a client that goes while its topics wait leaves nothing behind") {
  api_under_test it;
  auto runs = start_large_runs(it, 30);
  auto before = it.context.use_count();
  {
    socket_client client{it.server.port(), test::socket_target,
                         test::api_bearer, "themachine.v1.json", 4'096};
    for (auto& id : runs)
      client.say(subscribe("run/" + id));
    // What is not read is stuck before long, and the other topics wait for it.
    stay_busy(it);
  }
  auto end = std::chrono::steady_clock::now() + std::chrono::seconds{20};
  while (it.context.use_count() > before
         && std::chrono::steady_clock::now() < end)
    it.get("/me");
  CHECK(it.context.use_count() <= before);
}
