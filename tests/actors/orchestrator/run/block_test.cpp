#include "actors/orchestrator/run/bounds.hpp"
#include "tests/actors/orchestrator/run/run_under_test.hpp"

using namespace machine;
using namespace machine::test;
using namespace std::chrono_literals;

namespace {

std::string result_of(const run_under_test& it) {
  return std::string{wire::to_name(it.state.result)};
}

constexpr const char* each = R"(
name: w
vars: {seen: []}
reducers: {seen: append}
steps:
  - id: each
    foreach:
      items: "[\"a\", \"b\", \"c\"]"
      parallel: 2
      output: .item + (.index | tostring)
      steps:
        - {id: do, command: "do ${{ .item }}"}
        - {id: note, needs: [do], set: {seen: .item}}
output: "{results: .steps.each.output.results, seen: .vars.seen}"
)";

} // namespace

TEST_CASE("a foreach runs its items in parallel, and keeps their order") {
  run_under_test it{each};
  CHECK(it.phase("each[1].do") == "running");
  CHECK(it.phase("each[2].do") == "running");
  CHECK(it.phase("each[3].do") == "none");
  CHECK(it.order("each[2].do").request.text.find("do b") != std::string::npos);
  REQUIRE(!it.finish("each[2].do"));
  CHECK(it.phase("each[3].do") == "running");
  REQUIRE(!it.finish("each[3].do"));
  REQUIRE(!it.finish("each[1].do"));
  CHECK(it.state.phase == run_phase::ended);
  CHECK(it.state.output.text
        == R"({"results":["a0","b1","c2"],"seen":["b","c","a"]})");
}

TEST_CASE("an item that fails fails the step, once the others have stopped") {
  run_under_test it{each};
  REQUIRE(!it.fail("each[1].do", ec::step_failed));
  CHECK(it.asked<stop_attempt>() == 1);
  CHECK(it.phase("each") == "stopping");
  CHECK(it.phase("each[2].do") == "running");
  CHECK(it.state.phase == run_phase::running);
  REQUIRE(
    !it.give(attempt_is_stopped{"each[2].do", it.order("each[2].do").token}));
  CHECK(it.state.phase == run_phase::ended);
  CHECK(result_of(it) == "failed");
  CHECK(it.state.message == "each[1].do: it broke");
  CHECK(it.phase("each[3].do") == "none");
}

TEST_CASE("an item that fails leaves the others alone if it may") {
  run_under_test it{R"(
name: w
steps:
  - id: each
    foreach:
      items: "[1, 2]"
      parallel: 2
      on_failure: continue
      output: .item
      steps:
        - {id: do, command: x}
output: .steps.each.output
)"};
  REQUIRE(!it.fail("each[1].do", ec::step_failed));
  CHECK(it.phase("each") == "running");
  REQUIRE(!it.finish("each[2].do"));
  CHECK(result_of(it) == "done");
  CHECK(it.state.output.text.find(
          R"("items":2,"done":1,"failed":1,"results":[null,2])")
        != std::string::npos);
  CHECK(it.state.output.text.find(R"("index":0,"code":"step_failed")")
        != std::string::npos);
}

TEST_CASE("a foreach takes a list of bounded length, also an empty one") {
  auto with = [](const std::string& items) {
    return "name: w\nsteps:\n  - id: each\n    foreach:\n      max: 2\n"
           "      items: \""
         + items
         + "\"\n      steps: [{id: a, set: {}}]\n"
           "output: .steps.each.output.items\n";
  };
  CHECK(run_under_test{with("[]")}.state.output.text == "0");
  CHECK(run_under_test{with("[1, 2]")}.state.output.text == "2");
  run_under_test many{with("[1, 2, 3] | map(.)")};
  CHECK(many.state.code == "limit_exceeded");
  run_under_test none{with("[1] | first")};
  CHECK(none.state.message
        == "each: items: expected a list, but this is an integer");
}

TEST_CASE("a route runs the first block whose condition holds") {
  auto with = [](const std::string& n) {
    return "name: w\nvars: {n: " + n + R"(}
steps:
  - id: pick
    route:
      - {when: .vars.n > 5, name: many, steps: [{id: a, set: {n: "10"}}]}
      - {when: .vars.n > 1, steps: [{id: b, set: {n: "20"}}]}
  - {id: after, needs: [pick], set: {n: .vars.n + 1}}
output: "[.vars.n, .steps.pick.output.case]"
)";
  };
  CHECK(run_under_test{with("9")}.state.output.text == R"([11,"many"])");
  CHECK(run_under_test{with("3")}.state.output.text == R"([21,"2"])");
  CHECK(run_under_test{with("0")}.state.output.text == "[1,null]");
}

TEST_CASE("what handles a failure runs before what needs the step") {
  run_under_test it{R"(
name: w
vars: {said: ""}
steps:
  - id: try
    command: x
    on_failure:
      steps:
        - {id: look, command: "look ${{ .steps.try.error.message }}"}
        - {id: keep, needs: [look], set: {said: .steps.try.error.code}}
  - {id: after, needs: [try], set: {said: .vars.said + "!"}}
output: "[.vars.said, .steps.try.state]"
)"};
  REQUIRE(!it.fail("try", ec::step_failed));
  CHECK(it.phase("try") == "handling");
  CHECK(it.phase("after") == "none");
  CHECK(it.order("try[on_failure].look").request.text.find("it broke")
        != std::string::npos);
  SECTION("and the run goes on") {
    REQUIRE(!it.finish("try[on_failure].look"));
    CHECK(it.state.output.text == R"(["step_failed!","failed"])");
    CHECK(result_of(it) == "done");
  }
  SECTION("unless it fails itself") {
    REQUIRE(!it.fail("try[on_failure].look", ec::timeout));
    CHECK(result_of(it) == "failed");
    CHECK(it.state.message == "try[on_failure].look: it broke");
    CHECK(it.phase("after") == "none");
  }
}

TEST_CASE("a step that fails in a block fails the block's step") {
  run_under_test it{R"(
name: w
steps:
  - id: loop
    on_failure: continue
    repeat:
      max: 3
      until: "false"
      steps:
        - {id: a, command: a}
        - {id: b, command: b}
output: "[.steps.loop.state, .steps.loop.error.message]"
)"};
  REQUIRE(!it.fail("loop[1].a", ec::step_failed));
  CHECK(it.phase("loop") == "stopping");
  // What a worker has done all the same counts.
  REQUIRE(!it.finish("loop[1].b"));
  CHECK(it.phase("loop[1].b") == "done");
  CHECK(result_of(it) == "done");
  CHECK(it.state.output.text == R"(["failed","loop[1].a: it broke"])");
}

namespace {

constexpr const char* undoing = R"(
name: w
steps:
  - {id: a, command: a, undo: [{id: un-a, command: "undo a"}]}
  - id: each
    needs: [a]
    foreach:
      items: "[7, 8]"
      steps:
        - id: b
          command: b
          undo: [{id: un-b, command: "undo ${{ .item }}"}]
  - {id: c, needs: [each], command: c}
)";

} // namespace

TEST_CASE("what was done is undone, the last first, if the run fails") {
  run_under_test it{undoing};
  REQUIRE(!it.finish("a"));
  REQUIRE(!it.finish("each[1].b"));
  REQUIRE(!it.finish("each[2].b"));
  SECTION("but not if it is done") {
    REQUIRE(!it.finish("c"));
    CHECK(result_of(it) == "done");
    CHECK(it.count<undo_started>() == 0);
  }
  SECTION("in order, with the items that it was done for") {
    REQUIRE(!it.fail("c", ec::step_failed));
    CHECK(it.state.phase == run_phase::undoing);
    CHECK(it.order("each[2].b[undo].un-b").request.text.find("undo 8")
          != std::string::npos);
    CHECK(it.phase("each[1].b[undo].un-b") == "none");
    REQUIRE(!it.finish("each[2].b[undo].un-b"));
    CHECK(it.order("each[1].b[undo].un-b").request.text.find("undo 7")
          != std::string::npos);
    REQUIRE(!it.finish("each[1].b[undo].un-b"));
    REQUIRE(!it.finish("a[undo].un-a"));
    CHECK(it.state.phase == run_phase::ended);
    CHECK(result_of(it) == "failed");
    CHECK(it.state.message == "c: it broke");
  }
  SECTION("also when it is cancelled, once nothing lives") {
    REQUIRE(!it.give(cancel_run{"ann", "enough"}));
    CHECK(it.count<undo_started>() == 0);
    REQUIRE(!it.give(attempt_is_stopped{"c", it.order("c").token}));
    CHECK(it.phase("each[2].b[undo].un-b") == "running");
    SECTION("and goes on where undoing fails, and says so") {
      REQUIRE(!it.fail("each[2].b[undo].un-b", ec::step_failed));
      REQUIRE(!it.finish("each[1].b[undo].un-b"));
      REQUIRE(!it.finish("a[undo].un-a"));
      CHECK(result_of(it) == "cancelled");
      CHECK(it.state.message
            == "enough; and undoing each[2].b: each[2].b[undo].un-b: it "
               "broke");
    }
    SECTION("until somebody wants that left") {
      REQUIRE(!it.give(cancel_run{"bob", "now", cancel_mode::leave}));
      CHECK(it.asked<stop_attempt>() == 1);
      auto id = "each[2].b[undo].un-b";
      REQUIRE(!it.give(attempt_is_stopped{id, it.order(id).token}));
      CHECK(it.state.phase == run_phase::ended);
      CHECK(it.phase("a[undo].un-a") == "none");
    }
  }
  SECTION("unless that is not wanted from the beginning") {
    REQUIRE(!it.give(cancel_run{"ann", "enough", cancel_mode::leave}));
    REQUIRE(!it.give(attempt_is_stopped{"c", it.order("c").token}));
    CHECK(it.state.phase == run_phase::ended);
  }
}

TEST_CASE("a step that does not end in its time fails, with all within it") {
  run_under_test it{R"(
name: w
steps:
  - id: loop
    timeout: {step: 10s}
    on_failure: continue
    repeat:
      max: 9
      until: "false"
      steps:
        - {id: a, command: a}
        - {id: ask, approve: "ok?"}
output: .steps.loop.error
)"};
  it.now = *run::wake_at(it.state);
  REQUIRE(!it.give(wake_run{}));
  CHECK(it.asked<stop_attempt>() == 1);
  CHECK(it.count<interrupt_withdrawn>() == 1);
  CHECK(it.phase("loop[1].ask") == "stopped");
  REQUIRE(
    !it.give(attempt_is_stopped{"loop[1].a", it.order("loop[1].a").token}));
  CHECK(it.state.output.text
        == R"({"code":"timeout","message":"it did not end within its time"})");
}

TEST_CASE("parallel steps reduce what they set into one variable") {
  std::string text = "name: w\nvars: {sum: 0, top: null, all: [1], some: [1], "
                     "map: {a: {x: 1}}}\nreducers: {sum: add, top: max, all: "
                     "append, some: union, map: merge}\nsteps:\n";
  for (auto i = 1; i <= 3; ++i) {
    auto n = std::to_string(i);
    text += "  - {id: s" + n + ", set: {sum: '" + n + "', top: '" + n
          + "', all: '[" + n + "]', some: '[" + n + ", 1]', map: '{a: {y" + n
          + ": " + n + "}}'}}\n";
  }
  text += "output: .vars\n";
  CHECK(run_under_test{text}.state.output.text
        == R"({"all":[1,1,2,3],"map":{"a":{"x":1,"y1":1,"y2":2,"y3":3}},)"
           R"("some":[1,2,3],"sum":6,"top":3})");
  run_under_test wrong{"name: w\nvars: {sum: 0}\nreducers: {sum: add}\nsteps:\n"
                       "  - {id: a, set: {sum: '\"x\"'}}\n"};
  CHECK(wrong.state.message
        == "a: the variable sum has the reducer add and takes a number, but "
           "this is a string");
}

TEST_CASE("a block whose end fails is handled once") {
  run_under_test it{R"(
name: w
steps:
  - id: loop
    repeat: {max: 3, until: ".iteration | error", steps: [{id: a, command: a}]}
    on_failure: [{id: mend, command: b}]
  - {id: other, command: c}
)"};
  REQUIRE(!it.finish("loop[1].a"));
  CHECK(it.phase("loop") == "handling");
  CHECK(it.count<orchestrator::step_failed>() == 1);
  REQUIRE(!it.finish("other"));
  CHECK(it.count<orchestrator::step_failed>() == 1);
  REQUIRE(!it.finish("loop[on_failure].mend"));
  CHECK(it.phase("loop") == "failed");
  CHECK(it.state.result == run_result::done);
  CHECK(it.state.phase == run_phase::ended);
}

TEST_CASE("what stops with the step around it is not handled by itself") {
  run_under_test it{R"(
name: w
steps:
  - id: around
    timeout: {step: 10s}
    on_failure: continue
    repeat:
      max: 1
      until: "true"
      steps:
        - id: a
          command: a
          timeout: {step: 10s}
          on_failure: [{id: mend, command: b}]
)"};
  it.now += 10s;
  REQUIRE(!it.give(wake_run{}));
  CHECK(it.count<step_stopping>() == 1);
  REQUIRE(
    !it.give(attempt_is_stopped{"around[1].a", it.order("around[1].a").token}));
  CHECK(it.phase("around[1].a") == "stopped");
  CHECK(it.phase("around[1].a[on_failure].mend") == "none");
  CHECK(it.state.phase == run_phase::ended);
}

TEST_CASE("a decision that is full as the run closes is gone on with") {
  // With the budget and the end, as many events as one decision may have.
  std::string text = "name: w\nvars: {n: 0}\nsteps:\n";
  for (size_t i = 0; i < (max_decision_events - 2) / 3; ++i) {
    auto n = std::to_string(i);
    text += "  - {id: s" + n + ", set: {n: '1'}";
    text += i == 0 ? "}\n" : ", needs: [s" + std::to_string(i - 1) + "]}\n";
  }
  run_under_test it{text};
  REQUIRE(it.state.phase == run_phase::closing);
  REQUIRE(run::wake_at(it.state));
  REQUIRE(!it.give(wake_run{}));
  CHECK(it.state.phase == run_phase::ended);
  CHECK(!run::wake_at(it.state));
}
