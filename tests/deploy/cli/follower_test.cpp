#include "deploy/cli/follower.hpp"

#include "tests/deploy/cli/local_server.hpp"
#include "tests/deploy/cli/recorded.hpp"

#include <catch2/catch.hpp>

#include <future>

using namespace machine;
using namespace machine::cli;
using machine::test::local_server;
using machine::test::received;

namespace {

std::string sse(const std::string& json) {
  auto event = test::read_event(json);
  return "id: " + std::to_string(event.seq) + "\nevent: event\ndata: " + json
       + "\n\n";
}

std::string sse(const std::vector<std::string>& events, size_t from,
                size_t to) {
  std::string result;
  for (auto i = from; i < to; ++i)
    result += sse(events[i]);
  return result;
}

/// What a follower delivered until it ended.
struct heard {
  std::vector<uint64_t> seqs;
  std::vector<std::string> pieces;
  size_t lost = 0;
  size_t restored = 0;
  caf::error problem;
};

heard follow(follower::locate where, follow_options options = {}) {
  net::client http;
  options.run = "r-1";
  options.pause = duration{1};
  heard result;
  std::promise<void> over;
  {
    follower x{http, options, std::move(where), [&](follow_item item) {
                 if (auto* x = std::get_if<followed_event>(&item))
                   result.seqs.push_back(x->event.seq);
                 else if (auto* x = std::get_if<live_piece>(&item))
                   result.pieces.push_back(x->text);
                 else if (std::holds_alternative<connection_lost>(item))
                   ++result.lost;
                 else if (std::holds_alternative<connection_restored>(item))
                   ++result.restored;
                 else if (auto* x = std::get_if<follow_ended>(&item)) {
                   result.problem = x->problem;
                   over.set_value();
                 }
               }};
    over.get_future().wait();
  }
  return result;
}

follower::locate at(const local_server& server) {
  return [&server] { return endpoint{server.url(), "secret"}; };
}

std::vector<uint64_t> up_to(uint64_t last, uint64_t first = 1) {
  std::vector<uint64_t> result;
  for (auto i = first; i <= last; ++i)
    result.push_back(i);
  return result;
}

const auto all = test::whole_run();

} // namespace

TEST_CASE("a run is followed from its first event to its last") {
  local_server server{[](const received&) {
    return local_server::stream(
      ": heartbeat\n\n" + sse(all, 0, 5)
      + "event: live\ndata: {\"type\":\"text\",\"activation\":\"plan\","
        "\"text\":\"Hm\"}\n\n"
      + sse(all, 5, all.size()));
  }};
  auto x = follow(at(server));
  CHECK(!x.problem);
  CHECK(x.seqs == up_to(all.size()));
  CHECK(x.pieces == std::vector<std::string>{"Hm"});
  auto requests = server.requests();
  REQUIRE(requests.size() == 1);
  CHECK(requests[0].target == "/api/v1/runs/r-1/events?after=0");
  CHECK(requests[0].has("Authorization: Bearer secret\r\n"));
  CHECK(requests[0].has("Accept: text/event-stream\r\n"));
}

TEST_CASE("after a break nothing is lost and nothing comes twice") {
  local_server server{[count = 0](const received&) mutable {
    switch (count++) {
      case 0: return local_server::broken_stream(sse(all, 0, 7));
      // Breaks in the middle of an event, and repeats what was told already.
      case 1:
        return local_server::broken_stream(sse(all, 5, 12)
                                           + sse(all, 12, 13).substr(0, 60));
      case 2: return std::string{};
      case 3: return local_server::json(R"({"status":503})", 503);
      default: return local_server::stream(sse(all, 12, all.size()));
    }
  }};
  auto x = follow(at(server));
  CHECK(!x.problem);
  CHECK(x.seqs == up_to(all.size()));
  CHECK(x.lost == x.restored);
  CHECK(x.lost == 2);
  auto requests = server.requests();
  REQUIRE(requests.size() == 5);
  CHECK(requests[1].has("Last-Event-ID: 7\r\n"));
  CHECK(requests[2].has("Last-Event-ID: 12\r\n"));
  CHECK(requests[4].target == "/api/v1/runs/r-1/events?after=12");
}

TEST_CASE("a machine that was started again elsewhere is found") {
  local_server first{[](const received&) {
    return local_server::broken_stream(sse(all, 0, 7));
  }};
  local_server second{[](const received& x) {
    if (!x.has("Bearer new\r\n"))
      return local_server::json(R"({"code":"denied","detail":"no"})", 401);
    return local_server::stream(sse(all, 7, all.size()));
  }};
  auto x = follow([&, count = 0]() mutable -> caf::expected<endpoint> {
    switch (count++) {
      case 0: return endpoint{first.url(), "old"};
      case 1: return make_error(ec::not_found, "no machine is up");
      // The address is there before the new word is.
      case 2: return endpoint{second.url(), "old"};
      default: return endpoint{second.url(), "new"};
    }
  });
  CHECK(!x.problem);
  CHECK(x.seqs == up_to(all.size()));
}

TEST_CASE("a run that has ended already has no more to tell") {
  local_server server{[](const received& x) {
    if (x.target.find("/events") != std::string::npos)
      return local_server::stream("");
    return local_server::json(R"({"id":"r-1","state":"done","last_seq":"33"})");
  }};
  auto x = follow(at(server), {.after = 33});
  CHECK(!x.problem);
  CHECK(x.seqs.empty());
}

TEST_CASE("a run that is not known cannot be followed") {
  local_server server{[](const received&) {
    return local_server::json(
      R"({"status":404,"code":"not_found","detail":"there is no run r-1"})",
      404);
  }};
  auto x = follow(at(server));
  CHECK(code_of(x.problem) == ec::not_found);
  CHECK(message_of(x.problem) == "there is no run r-1");
  CHECK(server.requests().size() == 1);
}

TEST_CASE("a word that stays wrong ends it") {
  local_server server{[](const received&) {
    return local_server::json(R"({"code":"denied","detail":"no"})", 401);
  }};
  auto x = follow(at(server));
  CHECK(code_of(x.problem) == ec::denied);
  CHECK(server.requests().size() == 2);
}

TEST_CASE("patience with a machine that stays away has an end") {
  auto x = follow(
    []() -> caf::expected<endpoint> {
      return make_error(ec::unavailable, "away");
    },
    {.patience = duration{20}});
  CHECK(code_of(x.problem) == ec::unavailable);
  CHECK(x.lost == 1);
}

TEST_CASE("patience begins anew when the machine was there") {
  // The run waits for somebody and tells nothing.
  local_server server{
    [](const received&) { return local_server::broken_stream(": hello\n\n"); }};
  auto connections = 0;
  auto x = follow(
    [&]() -> caf::expected<endpoint> {
      if (++connections > 5)
        return make_error(ec::not_found, "gone");
      return endpoint{server.url(), "secret"};
    },
    {.patience = duration{1}});
  CHECK(code_of(x.problem) == ec::not_found);
  CHECK(connections > 5);
  CHECK(x.lost == x.restored + 1);
}

TEST_CASE("whoever loses interest does not wait for the machine") {
  std::promise<void> asked;
  std::promise<void> release;
  local_server server{[&, first = true, gate = release.get_future().share()](
                        const received&) mutable {
    if (std::exchange(first, false))
      asked.set_value();
    gate.wait();
    return std::string{};
  }};
  net::client http;
  {
    follower x{http, {.run = "r-1"}, at(server), [](follow_item) {}};
    asked.get_future().wait();
  }
  release.set_value();
  SUCCEED();
}
