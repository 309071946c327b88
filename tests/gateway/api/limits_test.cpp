#include "tests/gateway/api/people.hpp"

using namespace machine;
using gateway::limit_of_rate;
using gateway::rate_rules;
using tenants::role;
using test::json;
using test::people_under_test;
using test::person;

namespace {

/// A token in a hundred years or so: what is spent is gone for the test.
constexpr security::rate_limit slow(int64_t burst) {
  return {1, burst};
}

class limited_people : public people_under_test {
public:
  explicit limited_people(const rate_rules& rules)
      : people_under_test{test::no_rules, cheap(), with(rules)} {
    make_tenant("acme");
  }

  /// A stream of *who*, and how it was answered.
  std::pair<test::raw_client, int> follow_as(const person& who) const {
    auto client = server.connect();
    REQUIRE(client.send("GET /api/v1/topics/runs/events HTTP/1.1\r\n"
                        "Host: localhost\r\nAccept: text/event-stream\r\n"
                        + who.headers() + "\r\n"));
    auto status = client.read().status;
    return {std::move(client), status};
  }

private:
  static test::unusual with(const rate_rules& rules) {
    test::unusual result;
    result.context = [rules](gateway::api_context& x) {
      x.rates = std::make_shared<gateway::rate_gate>(rules);
      x.streams = std::make_shared<gateway::stream_counts>(rules);
    };
    return result;
  }
};

} // namespace

TEST_CASE("a key that is used too often is told to wait, and no other") {
  rate_rules rules;
  rules.key = slow(5);
  limited_people it{rules};
  auto ann = it.make("acme", "ann", role::viewer);
  auto bob = it.make("acme", "bob", role::viewer);
  for (int left = 4; left >= 0; --left) {
    auto answer = it.ask_as(&ann, "GET", "/api/v1/me");
    CHECK(answer.status == 200);
    CHECK(answer.header("ratelimit")
            .starts_with("\"key\";r=" + std::to_string(left) + ";t="));
    CHECK(answer.header("ratelimit-policy").starts_with("\"key\";q=5;w="));
  }
  auto refused = it.ask_as(&ann, "GET", "/api/v1/me");
  CHECK(refused.status == 429);
  CHECK(refused.is_problem());
  CHECK(std::stol(refused.header("retry-after")) > 0);
  CHECK(refused.header("ratelimit").starts_with("\"key\";r=0;t="));
  CHECK(it.ask_as(&bob, "GET", "/api/v1/me").status == 200);
  // Who runs the machine is not limited.
  for (int i = 0; i < 20; ++i)
    CHECK(it.ask("GET", "/me").status == 200);
}

TEST_CASE("who guesses keys is soon told to wait, whoever they say they are") {
  rate_rules rules;
  rules.address = slow(50);
  rules.failure_cost = 10;
  limited_people it{rules};
  person nobody{"x", "acme", {}, {}, "tm_acme_nonsense"};
  int refused = 0;
  while (it.ask_as(&nobody, "GET", "/api/v1/me").status == 401 && refused < 50)
    ++refused;
  CHECK(refused == 5);
  CHECK(it.ask_as(nullptr, "GET", "/api/v1/me").status == 429);
  CHECK(it.ask("GET", "/me").status == 200);
}

TEST_CASE("whoever watches the machine is not turned away with its guests") {
  rate_rules rules;
  rules.address = slow(1);
  limited_people it{rules};
  CHECK(it.ask_as(nullptr, "GET", "/metrics").status != 429);
  CHECK(it.ask_as(nullptr, "GET", "/metrics").status == 429);
  for (auto* probe : {"/livez", "/startupz", "/readyz", "/readyz?verbose"})
    CHECK(it.ask_as(nullptr, "GET", probe).status != 429);
  CHECK(it.ask_as(nullptr, "GET", "/metrics").status == 429);
}

TEST_CASE("a wrong password counts as a wrong key does") {
  rate_rules rules;
  rules.address = slow(50);
  rules.failure_cost = 10;
  limited_people it{rules};
  json body{{"tenant", "acme"}, {"principal", "ann"}, {"password", "wrong"}};
  int refused = 0;
  while (it.ask_as(nullptr, "POST", "/api/v1/sessions", body.dump()).status
           == 401
         && refused < 50)
    ++refused;
  CHECK(refused == 5);
}

TEST_CASE("nobody has more streams than they may, until one ends") {
  rate_rules rules;
  rules.streams_of_key = 2;
  limited_people it{rules};
  auto ann = it.make("acme", "ann", role::viewer);
  auto bob = it.make("acme", "bob", role::viewer);
  auto [one, first] = it.follow_as(ann);
  auto [two, second] = it.follow_as(ann);
  CHECK(first == 200);
  CHECK(second == 200);
  CHECK(it.follow_as(ann).second == 429);
  CHECK(it.follow_as(bob).second == 200);
  // What is no stream has no place.
  CHECK(it.ask_as(&ann, "GET", "/api/v1/topics/runs/events").status == 200);
  one.leave();
  auto end = std::chrono::steady_clock::now() + std::chrono::seconds{20};
  auto status = 0;
  while (status != 200 && std::chrono::steady_clock::now() < end)
    status = it.follow_as(ann).second;
  CHECK(status == 200);
}
