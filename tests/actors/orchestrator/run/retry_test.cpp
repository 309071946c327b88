#include "actors/orchestrator/run/bounds.hpp"
#include "actors/orchestrator/run/retry.hpp"
#include "tests/actors/orchestrator/run/run_under_test.hpp"

#include <rapidcheck.h>

#include <cmath>

using namespace machine;
using namespace machine::test;
using namespace std::chrono_literals;

TEST_CASE("each pause is longer by the factor, up to the longest") {
  retry_policy policy{.max = 5,
                      .backoff = duration{1'000},
                      .factor = 3,
                      .max_backoff = duration{10'000}};
  for (auto [attempt, pause] :
       {std::pair{1u, 1'000}, std::pair{2u, 3'000}, std::pair{3u, 9'000},
        std::pair{4u, 10'000}, std::pair{5u, 10'000}})
    CHECK(next_retry(policy, attempt, "timeout", 0) == duration{pause});
  CHECK(!next_retry(policy, 6, "timeout", 0));
}

TEST_CASE("only errors that a policy names are tried again") {
  retry_policy policy{.max = 1, .on = {"step_failed"}};
  CHECK(next_retry(policy, 1, "step_failed", 0));
  CHECK(!next_retry(policy, 1, "timeout", 0));
  policy.on.clear();
  CHECK(!next_retry(policy, 1, "step_failed", 0));
  for (auto code : {"timeout", "unavailable", "overloaded", "io_failed",
                    "provider_rate_limited", "provider_failed",
                    "provider_garbled", "provider_interrupted"})
    CHECK(next_retry(policy, 1, code, 0));
  for (auto code : {"internal", "budget_exceeded", "cancelled", "denied",
                    "limit_exceeded", "no such code", ""})
    CHECK(!next_retry(policy, 1, code, 0));
}

TEST_CASE("a pause is within its jitter, its factor and its bound") {
  CHECK(rc::check([] {
    retry_policy policy;
    policy.max = 100;
    policy.backoff = duration{*rc::gen::inRange<int64_t>(0, 10'000'000)};
    policy.factor = *rc::gen::inRange(100, 1'001) / 100.0;
    policy.max_backoff = duration{*rc::gen::inRange<int64_t>(0, 100'000'000)};
    policy.jitter = *rc::gen::inRange(0, 101) / 100.0;
    auto attempt = *rc::gen::inRange<uint32_t>(1, 101);
    auto pause =
      next_retry(policy, attempt, "timeout", *rc::gen::arbitrary<uint64_t>());
    RC_ASSERT(pause.has_value());
    auto without = policy;
    without.jitter = 0;
    auto whole = next_retry(without, attempt, "timeout", 0);
    RC_ASSERT(*pause <= *whole);
    RC_ASSERT(*whole <= policy.max_backoff);
    auto least = static_cast<double>(whole->count()) * (1 - policy.jitter);
    RC_ASSERT(static_cast<double>(pause->count()) >= std::floor(least) - 1);
    if (attempt < 100)
      RC_ASSERT(*whole <= *next_retry(without, attempt + 1, "timeout", 0));
  }));
}

TEST_CASE("jitter takes of the pause what the random bits say") {
  run_under_test it{"name: w\nsteps:\n  - {id: a, command: a, retry: {max: 1, "
                    "backoff: 10s, jitter: 0.5}}\n"};
  it.random = ~uint64_t{0};
  REQUIRE(!it.fail("a", ec::timeout));
  auto pause = *run::wake_at(it.state) - it.now;
  CHECK(pause >= 5s);
  CHECK(pause < 5'001ms);
}

TEST_CASE("who asks for a longer pause gets it, up to a day") {
  run_under_test it{"name: w\nsteps:\n  - {id: a, command: a, retry: {max: 2, "
                    "backoff: 1s}}\n"};
  auto fail = [&](duration wait) {
    return it.give(fail_attempt{
      "a", it.order("a").token, "unavailable", "busy", {}, {}, wait});
  };
  REQUIRE(!fail(duration{90'000}));
  CHECK(*run::wake_at(it.state) == it.now + 90s);
  it.now = *run::wake_at(it.state);
  REQUIRE(!it.give(wake_run{}));
  REQUIRE(!fail(duration::max()));
  CHECK(*run::wake_at(it.state) == it.now + max_retry_after);
}

TEST_CASE("an attempt that is tried again begins with an empty journal") {
  run_under_test it{
    "name: w\nsteps:\n  - {id: a, command: a, retry: {max: 1}}\n"};
  REQUIRE(!it.intend("a#1.1", "a", 100));
  REQUIRE(!it.settle("a#1.1", "a", 40));
  REQUIRE(!it.fail("a", ec::timeout));
  it.now = *run::wake_at(it.state);
  REQUIRE(!it.give(wake_run{}));
  CHECK(it.order("a").attempt == 2);
  CHECK(find_activation(it.state, "a")->journal.empty());
  // The keys of the attempt before are none of this one.
  CHECK(code_of(it.intend("a#1.1", "a", 1)) == ec::invalid_argument);
  REQUIRE(!it.intend("a#2.1", "a", 1));
}

TEST_CASE("the order of an attempt says how long it may take") {
  auto timeout_of = [](const char* step) {
    run_under_test it{"name: w\nsteps:\n  - {id: x, set: {}}\n  - {id: a, "
                      "needs: [x], command: a"
                      + std::string{step} + "}\n"};
    REQUIRE(!it.crash());
    REQUIRE(it.asked<start_attempt>() == 1);
    for (auto& x : it.effects)
      if (auto* start = std::get_if<start_attempt>(&x))
        return start->order.timeout;
    return std::optional<duration>{};
  };
  CHECK(timeout_of(", timeout: 90s") == duration{90'000});
  CHECK(timeout_of("") == std::nullopt);
}

TEST_CASE("a question that ends the run leaves the others alone") {
  run_under_test it{R"(
name: w
steps:
  - {id: p, approve: {question: "ok?", deadline: 1h}}
  - {id: q, approve: {question: "ok?", deadline: 1h}}
  - {id: r, approve: {question: "ok?", deadline: 1h, default: {approved: true}}}
)"};
  it.now += 2h;
  REQUIRE(!it.give(wake_run{}));
  CHECK(it.state.result == run_result::failed);
  CHECK(it.state.message == "p: nobody answered before the deadline");
  CHECK(it.count<interrupt_withdrawn>() == 3);
  CHECK(it.count<interrupt_answered>() == 0);
  CHECK(it.phase("p") == "failed");
  CHECK(it.phase("q") == "stopped");
  CHECK(it.phase("r") == "stopped");
}
