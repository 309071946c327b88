#include "actors/orchestrator/run/bounds.hpp"
#include "actors/orchestrator/workflow/jq.hpp"
#include "runtime/entity/prepare.hpp"
#include "tests/actors/orchestrator/run/run_under_test.hpp"
#include "tests/actors/orchestrator/workflow/evaluators.hpp"

using namespace machine;
using namespace machine::test;

namespace {

/// Wakes the run for as long as it has something to do at once; how often.
int wake_all(run_under_test& it) {
  auto times = 0;
  for (; run::wake_at(it.state) && times < 100; ++times)
    REQUIRE(!it.give(wake_run{}));
  return times;
}

} // namespace

TEST_CASE("a condition that cannot be evaluated fails its step") {
  run_under_test it{R"(
name: w
vars: {n: 1}
steps:
  - {id: a, when: .vars.n.x, command: a, on_failure: continue}
  - {id: b, needs: [a], command: "${{ .vars.n.x }}", on_failure: continue}
  - {id: c, needs: [b], set: {n: .vars.n.x}, on_failure: continue}
  - {id: d, needs: [c], command: d}
)"};
  for (auto id : {"a", "b", "c"}) {
    auto* there = find_activation(it.state, id);
    REQUIRE(there != nullptr);
    CHECK(it.phase(id) == "failed");
    CHECK(there->code == "invalid_argument");
    CHECK(there->message.find("Cannot index number with") != std::string::npos);
  }
  CHECK(find_activation(it.state, "a")->message.starts_with("when: `.vars."));
  CHECK(it.phase("d") == "running");
}

TEST_CASE("an output that cannot be evaluated fails the run") {
  run_under_test it{
    "name: w\nvars: {n: 1}\noutput: .vars.n.x\nsteps:\n  - {id: a, set: {}}\n"};
  CHECK(it.state.phase == run_phase::ended);
  CHECK(it.state.result == run_result::failed);
  CHECK(it.state.message.starts_with("output of the workflow: `.vars.n.x`: "));
}

TEST_CASE("a block whose condition cannot be evaluated fails") {
  run_under_test it{R"(
name: w
vars: {n: 1}
steps:
  - id: a
    on_failure: continue
    repeat: {max: 3, until: .vars.n.x, steps: [{id: b, set: {n: .vars.n + 1}}]}
output: "[.vars.n, .steps.a.state, .steps.a.error.code]"
)"};
  CHECK(it.state.output.text == R"([2,"failed","invalid_argument"])");
}

TEST_CASE("an endless expression costs its step, and the run goes on") {
  run_under_test it{R"(
name: w
steps:
  - {id: a, when: "def f: f; f", command: a, on_failure: continue}
  - {id: b, when: "def f: f; f", command: a, on_failure: continue}
  - {id: c, needs: [a, b], command: c}
)"};
  // One decision does not wait for both.
  CHECK(it.phase("a") == "failed");
  CHECK(it.phase("b") == "none");
  CHECK(find_activation(it.state, "a")->message
        == "when: the expression did not end within 1000 ms");
  CHECK(run::wake_at(it.state) <= it.now);
  CHECK(wake_all(it) >= 1);
  CHECK(it.phase("b") == "failed");
  REQUIRE(!it.finish("c"));
  CHECK(it.state.result == run_result::done);
}

TEST_CASE("where nothing may take long, a decision that would is not made") {
  run_under_test it{R"(
name: w
vars: {n: 1}
steps:
  - {id: a, command: a}
  - {id: b, needs: [a], set: {n: .vars.n + (.steps.a.output | length)}}
)"};
  CHECK(!run::may_take_long(it.state));
  auto decide = [&](const std::string& output) {
    auto now = it.state;
    entity::context ctx{{"t", "r-1"}, now.created_at, 1, false};
    return entity::prepare<run>(
      now, finish_attempt{"a", it.order("a").token, {"\"" + output + "\""}, {}},
      ctx);
  };
  CHECK(std::holds_alternative<entity::prepared<run>>(decide("short")));
  CHECK_THROWS_AS(decide(std::string(10'000, 'x')), entity::takes_long);
}

TEST_CASE("a run knows whether it has expressions that only a process may "
          "evaluate") {
  auto wild = [](const std::string& expression) {
    run_under_test it{"name: w\nvars: {n: 1}\nsteps:\n  - {id: a, command: a}\n"
                      "  - {id: b, needs: [a], set: {n: '"
                      + expression + "'}}\n"};
    return run::may_take_long(it.state);
  };
  CHECK(!wild("3"));
  CHECK(!wild(".vars.n + 1"));
  CHECK(wild("def f: f; f"));
  CHECK(wild("[range(1; 1000000)] | length"));
  run_under_test over{"name: w\nvars: {n: 1}\nsteps:\n"
                      "  - {id: a, set: {n: 'def f: 2; f'}}\n"};
  REQUIRE(over.state.result == run_result::done);
  CHECK(!run::may_take_long(over.state));
}

TEST_CASE("a run does not notice that its evaluators were killed") {
  run_under_test it{R"(
name: w
vars: {n: 0}
steps:
  - {id: a, command: a}
  - {id: b, needs: [a], set: {n: .vars.n + 1}}
  - {id: c, needs: [b], command: "echo ${{ .vars.n }}"}
output: .vars.n
)"};
  signal_evaluators(SIGKILL);
  REQUIRE(!it.finish("a"));
  CHECK(it.order("c").request.text.find("echo 1") != std::string::npos);
  signal_evaluators(SIGKILL);
  REQUIRE(!it.finish("c"));
  CHECK(it.state.output.text == "1");
}

TEST_CASE("what an expression yields has a bound") {
  run_under_test it{R"(
name: w
vars: {n: ""}
steps:
  - {id: a, set: {n: '"x" * 300000'}, on_failure: continue}
  - {id: b, command: '${{ "x" * 300000 }}', on_failure: continue}
output: "[.steps.a.error.code, .steps.b.error.code]"
)"};
  CHECK(it.state.output.text == R"(["limit_exceeded","limit_exceeded"])");
}

TEST_CASE("an output that is too large fails its step") {
  run_under_test it{"name: w\nsteps:\n  - {id: a, command: a}\n"};
  REQUIRE(!it.finish("a", "\"" + std::string(max_value_bytes, 'x') + "\""));
  CHECK(it.state.result == run_result::failed);
  CHECK(it.state.code == "limit_exceeded");
}

TEST_CASE("a value is no deeper than what reads it later takes") {
  auto nested = [](size_t levels) {
    return std::string(levels, '[') + std::string(levels, ']');
  };
  auto good = nested(max_value_depth);
  auto deep = nested(max_value_depth + 1);
  SECTION("an output") {
    run_under_test it{"name: w\nsteps:\n  - {id: a, command: a}\n"};
    SECTION("that is just deep enough is taken") {
      REQUIRE(!it.finish("a", good));
      CHECK(it.state.result == run_result::done);
      // What people follow is a document, too.
      for (auto& [at, event] : it.log)
        CHECK(wire::from_json<run_event>(wire::to_json(event)));
    }
    SECTION("that is deeper fails its step") {
      REQUIRE(!it.finish("a", deep));
      CHECK(it.state.code == "limit_exceeded");
    }
  }
  SECTION("what a block puts out of its steps") {
    run_under_test it{"name: w\nsteps:\n  - id: l\n    repeat:\n"
                      "      until: 'true'\n      max: 1\n"
                      "      steps: [{id: a, command: a}]\n"};
    SECTION("that is just deep enough is taken") {
      REQUIRE(!it.finish("l[1].a", nested(max_value_depth - 3)));
      CHECK(it.state.result == run_result::done);
    }
    SECTION("that is deeper fails the block") {
      REQUIRE(!it.finish("l[1].a", nested(max_value_depth - 2)));
      CHECK(it.state.code == "limit_exceeded");
    }
  }
  SECTION("an answer") {
    run_under_test it{"name: w\nsteps:\n  - {id: q, approve: {question: \"?\", "
                      "answer: {}}}\n"};
    CHECK(code_of(it.give(answer_interrupt{"q", {deep}, "ann"}))
          == ec::limit_exceeded);
    REQUIRE(!it.give(answer_interrupt{"q", {good}, "ann"}));
  }
}

TEST_CASE("blocks in blocks see their own round, and end with it") {
  run_under_test it{R"(
name: w
vars: {n: 0}
steps:
  - id: outer
    repeat:
      max: 2
      until: "false"
      steps:
        - id: inner
          repeat:
            max: 2
            until: .steps.count.state == "failed"
            steps:
              - {id: count, set: {n: .vars.n + 1}}
              - {id: odd, needs: [count], when: .vars.n % 2 == 1, set: {}}
output: "[.vars.n, .steps.outer.output.iterations, .steps.outer.output.steps.inner.output.iterations, .steps.outer.output.steps.inner.output.steps.odd.state]"
)"};
  CHECK(it.state.output.text == R"([4,2,2,"skipped"])");
}

TEST_CASE("a step's budget holds over all of its rounds, a block's for all of "
          "its steps") {
  run_under_test it{R"(
name: w
steps:
  - id: a
    budget: 0.0003
    repeat:
      max: 3
      until: "false"
      steps:
        - {id: b, command: b, budget: 0.0002}
        - {id: c, command: c}
)"};
  auto spend = [&](const std::string& id, micro_usd amount) {
    if (auto why = it.intend(id + "#1.1", id, amount))
      return why;
    return it.settle(id + "#1.1", id, amount);
  };
  REQUIRE(!spend("a[1].b", 150));
  REQUIRE(!spend("a[1].c", 50));
  REQUIRE(!it.finish("a[1].b"));
  REQUIRE(!it.finish("a[1].c"));
  auto refused = spend("a[2].b", 51);
  CHECK(code_of(refused) == ec::budget_exceeded);
  CHECK(message_of(refused).find("of the budget of step b of $0.0002 only "
                                 "$0.00005 is left")
        != std::string::npos);
  refused = spend("a[2].c", 101);
  CHECK(message_of(refused).find("budget of step a of $0.0003 only $0.0001")
        != std::string::npos);
  REQUIRE(!spend("a[2].c", 100));
  CHECK(code_of(spend("a[2].b", 1)) == ec::budget_exceeded);
}

TEST_CASE("a block with many rounds forgets them, and not what they cost") {
  run_under_test it{R"(
name: w
steps:
  - id: a
    repeat: {max: 400, until: "false", steps: [{id: b, command: b}]}
)"};
  for (int i = 1; i <= 400; ++i) {
    auto id = "a[" + std::to_string(i) + "].b";
    auto token = it.order(id).token;
    it.give_quickly(intend_effect{id + "#1.1", id, token, effect_kind::model,
                                  "demo", "", true, 10});
    it.give_quickly(
      finish_effect{id + "#1.1", id, token, "r", "", "", 7, std::nullopt});
    it.give_quickly(finish_attempt{id, token, {"null"}, std::nullopt});
  }
  CHECK(it.state.phase == run_phase::ended);
  CHECK(it.state.spent == 2'800);
  CHECK(it.state.activations.size() <= max_kept + 1);
  micro_usd spent = 0;
  for (auto& [id, x] : it.state.activations)
    spent += x.spent;
  CHECK(spent == 2'800);
}

TEST_CASE("a decision has a bound, and the run goes on behind it") {
  run_under_test it{R"(
name: w
steps:
  - id: a
    repeat: {max: 300, until: "false", steps: [{id: b, set: {}}]}
output: .steps.a.output.iterations
)"};
  CHECK(it.log.size() < max_decision_events + 10);
  CHECK(it.state.phase == run_phase::running);
  CHECK(!run::idle(it.state));
  auto decisions = wake_all(it);
  CHECK(decisions >= 2);
  CHECK(decisions < 50);
  CHECK(it.state.result == run_result::done);
  CHECK(it.state.output.text == "300");
}
