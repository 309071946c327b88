#include "actors/orchestrator/run/failure.hpp"
#include "tests/actors/orchestrator/run/fork_under_test.hpp"

using namespace machine;
using namespace machine::test;
using namespace std::chrono_literals;

namespace {

constexpr const char* diamond = R"(
name: w
steps:
  - {id: a, command: a}
  - {id: b, needs: [a], command: b}
  - {id: c, needs: [a], agent: {role: code, prompt: c}}
  - {id: d, needs: [b, c], command: d}
)";

/// Where *it* can be tried again.
std::optional<failure_finder::place> failure_of(const run_under_test& it) {
  failure_finder finder;
  for (size_t i = 0; i < it.log.size(); ++i)
    finder.note({it.log[i].first, it.log[i].second, it.together[i]});
  return finder.point();
}

/// *it*, which has failed, tried again.
fork_under_test again(const run_under_test& it) {
  REQUIRE(it.state.result == run_result::failed);
  auto point = failure_of(it);
  REQUIRE(point);
  return {it, point->first, point->second};
}

void pass(run_under_test& it, duration time) {
  it.now += time;
  REQUIRE(!it.give(wake_run{}));
}

/// All that lives has heard that it has to end.
void stop_all(run_under_test& it) {
  while (!it.state.live.empty()) {
    auto [id, token] = *it.state.live.begin();
    REQUIRE(!it.give(attempt_is_stopped{id, token}));
  }
}

} // namespace

TEST_CASE("a run that failed can be tried again where it did") {
  run_under_test it{diamond};
  REQUIRE(!it.finish("a", "1"));
  REQUIRE(!it.finish("c", "3"));
  REQUIRE(!it.intend("b#1.1", "b", 10));
  REQUIRE(!it.settle("b#1.1", "b", 1));
  REQUIRE(!it.fail("b", ec::step_failed));
  REQUIRE(it.state.result == run_result::failed);
  CHECK(failure_of(it)->second == "b");
  auto fork = again(it);
  auto orders = fork.orders();
  REQUIRE(orders.size() == 1);
  CHECK(orders[0].activation == "b");
  CHECK(orders[0].attempt == 2);
  CHECK(orders[0].journal.empty());
  fork.give(finish_attempt{"b", orders[0].token, {"2"}, std::nullopt});
  CHECK(fork.phase("d") == "running");
}

TEST_CASE("a step that ran out of time has all of it when tried again") {
  run_under_test it{R"(
name: w
steps: [{id: a, command: a, timeout: {step: 30s}}]
)"};
  pass(it, 30s);
  stop_all(it);
  auto fork = again(it);
  REQUIRE(fork.orders().size() == 1);
  CHECK(fork.orders()[0].attempt == 2);
  CHECK(fork.state.timers.at("a") == fork.now + 30s);
  fork.pass(30s - 1ms);
  CHECK(fork.phase("a") == "running");
  SECTION("and is stopped after it") {
    fork.pass(1ms);
    CHECK(fork.phase("a") == "stopping");
  }
  SECTION("also in a fork of that") {
    fork_under_test next{fork.events(), fork.log.size()};
    CHECK(next.state.timers.at("a") == next.now + 30s);
  }
}

TEST_CASE("a block that ran out of time goes on where it was") {
  auto text = GENERATE(R"(
name: w
steps:
  - id: x
    timeout: {step: 30s}
    foreach:
      items: "[1, 2]"
      steps: [{id: a, command: a}, {id: b, needs: [a], command: b}]
)",
                       R"(
name: w
steps:
  - id: x
    timeout: {step: 30s}
    repeat:
      until: "false"
      max: 2
      steps: [{id: a, command: a}, {id: b, needs: [a], command: b}]
)");
  run_under_test it{text};
  REQUIRE(!it.finish("x[1].a", "1"));
  pass(it, 30s);
  stop_all(it);
  CHECK(failure_of(it)->second == "x");
  auto fork = again(it);
  CHECK(fork.state.timers.at("x") == fork.now + 30s);
  REQUIRE(!fork.orders().empty());
  CHECK(fork.orders()[0].activation == "x[1].b");
  CHECK(fork.phase("x[1].a") == "done");
}

TEST_CASE("what would fail in the same way is not tried again") {
  SECTION("a block, for what it makes of what others did") {
    run_under_test it{R"(
name: w
steps:
  - {id: a, command: a}
  - id: x
    needs: [a]
    foreach:
      items: .steps.a.output.output | fromjson
      steps: [{id: b, command: b}]
)"};
    REQUIRE(!it.finish("a", R"({"output":"7"})"));
    CHECK(it.state.result == run_result::failed);
    CHECK(!failure_of(it));
  }
  SECTION("a round, for its end") {
    run_under_test it{R"(
name: w
vars: {n: 1}
steps:
  - id: x
    repeat: {until: .vars.n | error, max: 2, steps: [{id: a, command: a}]}
)"};
    REQUIRE(!it.finish("x[1].a"));
    CHECK(it.state.result == run_result::failed);
    CHECK(!failure_of(it));
  }
  SECTION("a step that only fails") {
    run_under_test it{"name: w\nsteps:\n  - {id: a, command: a}\n"
                      "  - {id: x, needs: [a], fail: no}\n"};
    REQUIRE(!it.finish("a"));
    CHECK(it.state.result == run_result::failed);
    CHECK(!failure_of(it));
  }
  SECTION("a run that was cancelled") {
    run_under_test it{diamond};
    REQUIRE(!it.give(cancel_run{"ann", "enough"}));
    stop_all(it);
    CHECK(!failure_of(it));
  }
  SECTION("an output, whatever was forgiven before") {
    run_under_test it{R"(
name: w
vars: {n: 1}
steps:
  - id: x
    foreach:
      items: "[1]"
      on_failure: continue
      steps: [{id: a, command: a}]
output: .vars.n | error
)"};
    REQUIRE(!it.fail("x[1].a", ec::step_failed));
    CHECK(it.state.result == run_result::failed);
    CHECK(!failure_of(it));
  }
}

TEST_CASE("of several failures that end a run the first is tried again") {
  run_under_test it{R"(
name: w
steps:
  - id: x
    foreach:
      items: "[1]"
      steps: [{id: a, command: a}, {id: b, command: b}]
  - id: v
    foreach:
      items: "[1]"
      steps: [{id: c, command: c}, {id: d, command: d}]
  - id: w
    foreach:
      items: "[1]"
      on_failure: continue
      steps: [{id: e, command: e}]
)"};
  auto stop = [&](const std::string& id) {
    REQUIRE(!it.give(attempt_is_stopped{id, it.order(id).token}));
  };
  REQUIRE(!it.fail("x[1].a", ec::step_failed));
  auto before = it.log.size();
  REQUIRE(!it.fail("v[1].c", ec::step_failed));
  REQUIRE(!it.fail("w[1].e", ec::step_failed));
  std::string first = "x[1].a";
  SECTION("for which the run ended") {
    stop("x[1].b");
  }
  SECTION("or which would have ended it") {
    stop("v[1].d");
  }
  stop_all(it);
  REQUIRE(it.state.result == run_result::failed);
  CHECK(failure_of(it)->second == first);
  CHECK(failure_of(it)->first < before);
  auto fork = again(it);
  CHECK(fork.state.phase == run_phase::running);
  for (auto& order : fork.orders())
    CHECK(order.attempt == (order.activation == first ? 2 : 1));
}

TEST_CASE("what was to handle a failure and failed is tried again, whatever is "
          "forgiven while it stops") {
  run_under_test it{R"(
name: w
steps:
  - id: z
    foreach:
      items: "[1]"
      steps:
        - id: y
          command: y
          on_failure: [{id: a, command: a}, {id: b, command: b}]
  - id: w
    foreach:
      items: "[1]"
      on_failure: continue
      steps: [{id: q, command: q}]
)"};
  REQUIRE(!it.fail("z[1].y", ec::step_failed));
  REQUIRE(!it.fail("z[1].y[on_failure].a", ec::step_failed));
  REQUIRE(!it.fail("w[1].q", ec::step_failed));
  stop_all(it);
  CHECK(failure_of(it)->second == "z[1].y[on_failure].a");
  auto fork = again(it);
  CHECK(fork.state.phase == run_phase::running);
  // It, its neighbour, and the item that had not failed yet.
  CHECK(fork.orders().size() == 3);
}

TEST_CASE("the step within is to blame, and not the blocks around it") {
  run_under_test it{R"(
name: w
steps:
  - id: x
    foreach:
      items: "[1]"
      steps:
        - id: y
          repeat:
            until: "false"
            max: 2
            steps: [{id: a, command: a}, {id: b, command: b}]
)"};
  REQUIRE(!it.fail("x[1].y[1].a", ec::step_failed));
  // Of its neighbour it becomes known later that it lives no more.
  stop_all(it);
  CHECK(failure_of(it)->second == "x[1].y[1].a");
  auto fork = again(it);
  CHECK(fork.orders().size() == 2);
}

TEST_CASE("who did not answer in time is asked again") {
  run_under_test it{R"(
name: w
steps: [{id: ask, approve: {question: "Go?", deadline: 1h}}]
)"};
  pass(it, 1h);
  auto fork = again(it);
  CHECK(fork.phase("ask") == "waiting");
  CHECK(fork.state.interrupts.at("ask").deadline == fork.now + 1h);
  CHECK(fork.state.timers.at("ask") == fork.now + 1h);
  fork.pass(20min);
  fork_under_test next{fork.events(), fork.log.size()};
  next.pass(0s);
  CHECK(next.state.timers.at("ask") == next.now + 1h);
}

TEST_CASE("the time that a workspace takes is nobody's") {
  run_under_test it{"name: w\nsteps: [{id: a, command: a, timeout: {step: "
                    "30s}}]\n",
                    1'000'000, "/repo"};
  REQUIRE(!it.give(
    finish_prepare{it.order("@prepare").token, "/dir", "branch", "base"}));
  pass(it, 30s);
  stop_all(it);
  auto fork = again(it);
  CHECK(fork.phase("@prepare") == "running");
  fork.now += 40s;
  fork.effects = fork.give(finish_prepare{
    fork.state.activations.at("@prepare").token, "/other", "branch", "base"});
  REQUIRE(fork.orders().size() == 1);
  CHECK(fork.state.timers.at("a") == fork.now + 30s);
}

TEST_CASE("a signal that did not come in time is waited for again, but a time "
          "that has passed is not") {
  run_under_test it{R"(
name: w
steps:
  - {id: sign, wait: {signal: go, deadline: 1h}}
  - {id: pause, wait: {for: 30m}}
)"};
  pass(it, 20min);
  fork_under_test middle{it, it.log.size()};
  CHECK(middle.state.timers.at("pause") == it.log.front().first + 30min);
  CHECK(middle.state.timers.at("sign") == middle.now + 1h);
  pass(it, 40min);
  auto fork = again(it);
  CHECK(fork.phase("sign") == "waiting");
  CHECK(fork.state.timers.at("sign") == fork.now + 1h);
  fork.pass(0s);
  CHECK(fork.phase("pause") == "done");
}

TEST_CASE("a step that ran out of time before its next attempt gets it now") {
  run_under_test it{R"(
name: w
steps:
  - {id: a, command: a, timeout: {step: 3s},
     retry: {max: 5, backoff: 60s, jitter: 0, on: [any]}}
)"};
  REQUIRE(!it.fail("a", ec::step_failed));
  CHECK(it.phase("a") == "retrying");
  pass(it, 3s);
  auto fork = again(it);
  REQUIRE(fork.orders().size() == 1);
  CHECK(fork.orders()[0].attempt == 2);
}

TEST_CASE("what was stopping where a fork begins cannot be tried again there") {
  run_under_test it{"name: w\nsteps: [{id: a, command: a, timeout: {step: "
                    "3s}}]\n",
                    1'000'000, "/repo"};
  REQUIRE(!it.give(
    finish_prepare{it.order("@prepare").token, "/dir", "branch", "base"}));
  pass(it, 3s);
  REQUIRE(it.phase("a") == "stopping");
  fork_under_test fork{it, it.log.size()};
  auto before = fork.log.size();
  fork.give(finish_prepare{fork.state.activations.at("@prepare").token,
                           "/other", "branch", "base"});
  REQUIRE(fork.state.result == run_result::failed);
  failure_finder finder;
  for (size_t i = 0; i < fork.log.size(); ++i)
    finder.note({fork.now, fork.log[i], i != 0 && i != before});
  CHECK(!finder.point());
}
