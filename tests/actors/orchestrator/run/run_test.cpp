#include "tests/actors/orchestrator/run/run_under_test.hpp"

using namespace machine;
using namespace machine::test;
using namespace std::chrono_literals;

TEST_CASE("a step is due the moment its needs are met, and not before") {
  run_under_test it{R"(
name: w
steps:
  - {id: a, command: a}
  - {id: b, command: b}
  - {id: c, needs: [a], command: c}
  - {id: d, needs: [b, c], command: d}
)"};
  CHECK(it.phase("a") == "running");
  CHECK(it.phase("b") == "running");
  CHECK(it.phase("c") == "none");
  REQUIRE(!it.finish("a"));
  CHECK(it.phase("c") == "running");
  REQUIRE(!it.finish("c"));
  CHECK(it.phase("d") == "none");
  REQUIRE(!it.finish("b"));
  REQUIRE(!it.finish("d"));
  CHECK(it.state.phase == run_phase::ended);
  CHECK(it.state.result == run_result::done);
}

TEST_CASE("conditions, variables and templates see what has ended") {
  run_under_test it{R"(
name: w
vars: {n: 1}
steps:
  - {id: a, command: a}
  - {id: more, needs: [a], set: {n: .vars.n + .steps.a.output.exit_code}}
  - {id: yes, needs: [more], when: .vars.n == 6, command: "echo ${{ .vars.n }}"}
  - {id: no, needs: [more], when: .vars.n != 6, command: x}
output: "{n: .vars.n, no: .steps.no.state}"
)"};
  REQUIRE(!it.finish("a", R"({"exit_code":5})"));
  CHECK(it.order("yes").request.text.find("echo 6") != std::string::npos);
  CHECK(it.phase("no") == "skipped");
  REQUIRE(!it.finish("yes"));
  CHECK(it.state.output.text == R"({"n":6,"no":"skipped"})");
}

TEST_CASE("a block repeats until its condition holds, and no further") {
  run_under_test it{R"(
name: w
steps:
  - id: fix
    repeat:
      max: 3
      until: .steps.test.state == "done"
      steps:
        - {id: work, command: work}
        - {id: test, needs: [work], command: test, on_failure: continue}
output: .steps.fix.output
)"};
  REQUIRE(!it.finish("fix[1].work"));
  REQUIRE(!it.fail("fix[1].test", ec::step_failed));
  REQUIRE(!it.finish("fix[2].work"));
  REQUIRE(!it.finish("fix[2].test", "7"));
  CHECK(it.state.phase == run_phase::ended);
  CHECK(it.state.output.text.find(R"("iterations":2,"satisfied":true)")
        != std::string::npos);
}

TEST_CASE("a block that never satisfies ends after its last round") {
  run_under_test it{R"(
name: w
steps:
  - id: fix
    repeat: {max: 2, until: "false", steps: [{id: work, command: work}]}
  - {id: stop, needs: [fix], when: .steps.fix.output.satisfied | not, fail: "no luck after ${{ .steps.fix.output.iterations }}"}
)"};
  REQUIRE(!it.finish("fix[1].work"));
  REQUIRE(!it.finish("fix[2].work"));
  CHECK(it.state.result == run_result::failed);
  CHECK(it.state.message == "no luck after 2");
}

TEST_CASE("a failed attempt is tried again as its step says") {
  run_under_test it{R"(
name: w
steps:
  - {id: a, command: a, retry: {max: 2, backoff: 10s, factor: 3}}
)"};
  auto began = it.now;
  REQUIRE(!it.fail("a", ec::timeout));
  CHECK(it.phase("a") == "retrying");
  REQUIRE(run::wake_at(it.state));
  CHECK(*run::wake_at(it.state) == began + 10s);
  // Woken too early, it goes on waiting.
  REQUIRE(!it.give(wake_run{}));
  CHECK(it.phase("a") == "retrying");
  it.now = began + 10s;
  REQUIRE(!it.give(wake_run{}));
  CHECK(it.order("a").attempt == 2);
  REQUIRE(!it.fail("a", ec::timeout));
  it.now += 30s;
  REQUIRE(!it.give(wake_run{}));
  CHECK(it.order("a").attempt == 3);
  REQUIRE(!it.fail("a", ec::timeout));
  CHECK(it.state.result == run_result::failed);
  CHECK(it.state.code == "timeout");
}

TEST_CASE("an error that will not pass is not tried again") {
  run_under_test it{
    "name: w\nsteps:\n  - {id: a, command: a, retry: {max: 5}}\n"};
  REQUIRE(!it.fail("a", ec::budget_exceeded));
  CHECK(it.state.phase == run_phase::ended);
}

TEST_CASE("a late result of a lost worker is refused") {
  run_under_test it{"name: w\nsteps:\n  - {id: a, command: a}\n"};
  auto first = it.order("a").token;
  REQUIRE(!it.crash());
  CHECK(it.count<attempt_lost>() == 1);
  CHECK(it.asked<start_attempt>() == 1);
  auto late = it.give(finish_attempt{"a", first, {}, {}});
  CHECK(code_of(late) == ec::fenced);
  auto effect = it.give(
    intend_effect{"a#1.1", "a", first, effect_kind::command, "x", "", true, 0});
  CHECK(code_of(effect) == ec::fenced);
  REQUIRE(!it.finish("a"));
  CHECK(it.state.result == run_result::done);
}

TEST_CASE("after a crash no finished effect is begun again") {
  run_under_test it{"name: w\nsteps:\n  - {id: a, command: a}\n"};
  REQUIRE(!it.intend("a#1.1", "a", 100));
  REQUIRE(!it.settle("a#1.1", "a", 40));
  REQUIRE(!it.intend("a#1.2", "a", 100));
  REQUIRE(!it.crash());
  // The one that was under way may have been paid for.
  CHECK(it.state.spent == 140);
  CHECK(it.state.leased == 0);
  auto& journal = find_activation(it.state, "a")->journal;
  REQUIRE(journal.size() == 2);
  CHECK(journal[0].phase == effect_phase::done);
  CHECK(journal[1].phase == effect_phase::lost);
  auto events = it.log.size();
  REQUIRE(!it.intend("a#1.1", "a", 100));
  CHECK(it.log.size() == events);
  REQUIRE(!it.intend("a#1.2", "a", 100));
  CHECK(it.log.size() == events + 1);
}

TEST_CASE("an effect that may not be repeated waits for an operator") {
  const char* yaml = "name: w\nsteps:\n  - {id: a, command: a}\n";
  run_under_test it{yaml};
  REQUIRE(!it.intend("a#1.1", "a", 0, false));
  REQUIRE(!it.crash());
  CHECK(it.phase("a") == "waiting");
  CHECK(it.asked<start_attempt>() == 0);
  REQUIRE(it.state.interrupts.size() == 1);
  CHECK(it.state.interrupts.begin()->first == "reconcile:a#1.1");
  SECTION("it did not happen: it is done now") {
    REQUIRE(!it.give(
      answer_interrupt{"reconcile:a#1.1", {R"({"happened":false})"}, "ann"}));
    CHECK(it.asked<start_attempt>() == 1);
    REQUIRE(!it.finish("a"));
  }
  SECTION("it happened: the step is done") {
    REQUIRE(!it.give(answer_interrupt{
      "reconcile:a#1.1", {R"({"happened":true,"result":"it is"})"}, "ann"}));
    CHECK(find_activation(it.state, "a")->output.text.find("\"it is\"")
          != std::string::npos);
  }
  CHECK(it.state.phase == run_phase::ended);
}

TEST_CASE("no lease goes beyond the budget of the run or of the step") {
  run_under_test it{"name: w\nsteps:\n  - {id: a, command: a, budget: 0.0001}\n"
                    "  - {id: b, command: b}\n",
                    1'000};
  CHECK(code_of(it.intend("a#1.1", "a", 101)) == ec::budget_exceeded);
  REQUIRE(!it.intend("a#1.1", "a", 100));
  CHECK(code_of(it.intend("a#1.2", "a", 1)) == ec::budget_exceeded);
  auto refused = it.intend("b#1.1", "b", 901);
  CHECK(code_of(refused) == ec::budget_exceeded);
  CHECK(message_of(refused)
        == "this call could cost up to $0.000901, but of the run's budget of "
           "$0.001 only $0.0009 is left; raise it with --budget");
  REQUIRE(!it.intend("b#1.1", "b", 900));
}

TEST_CASE("cancelled means that nothing lives") {
  run_under_test it{"name: w\nsteps:\n  - {id: a, command: a}\n  - {id: b, "
                    "approve: \"ok?\"}\n"};
  auto token = it.order("a").token;
  REQUIRE(!it.give(cancel_run{"ann", "enough"}));
  CHECK(it.asked<stop_attempt>() == 1);
  CHECK(it.state.phase == run_phase::closing);
  CHECK(it.count<interrupt_withdrawn>() == 1);
  CHECK(code_of(it.give(intend_effect{"a#1.1", "a", token, effect_kind::command,
                                      "x", "", true, 0}))
        == ec::cancelled);
  // Asking again changes nothing.
  auto events = it.log.size();
  REQUIRE(!it.give(cancel_run{"bob", "me too"}));
  CHECK(it.log.size() == events);
  REQUIRE(!it.give(attempt_is_stopped{"a", token}));
  CHECK(it.state.phase == run_phase::ended);
  CHECK(it.state.result == run_result::cancelled);
  CHECK(it.state.message == "enough");
  events = it.log.size();
  REQUIRE(!it.give(cancel_run{"bob", "me too"}));
  CHECK(it.log.size() == events);
}

TEST_CASE("what fails already ends for that, also if the rest is left undone") {
  run_under_test it{"name: w\nsteps:\n  - {id: a, command: a}\n"
                    "  - {id: b, command: b}\n"};
  REQUIRE(!it.fail("a", ec::step_failed));
  REQUIRE(it.state.phase == run_phase::closing);
  CHECK(code_of(it.give(cancel_run{"ann", "enough"})) == ec::conflict);
  REQUIRE(!it.give(cancel_run{"ann", "enough", cancel_mode::leave}));
  REQUIRE(!it.give(attempt_is_stopped{"b", it.order("b").token}));
  CHECK(it.state.result == run_result::failed);
  CHECK(it.state.message == "a: it broke");
}

TEST_CASE("what has ended otherwise cannot be cancelled") {
  run_under_test it{"name: w\nsteps: [{id: a, set: {}}]\n"};
  auto refused = it.give(cancel_run{"ann", "enough", cancel_mode::leave});
  CHECK(render(refused)
        == "conflict: run r-1 cannot be cancelled any more: it has ended "
           "(done)");
}

TEST_CASE("a run that was cancelled before a crash is cancelled after it") {
  run_under_test it{"name: w\nsteps:\n  - {id: a, command: a}\n"};
  REQUIRE(!it.intend("a#1.1", "a", 50));
  REQUIRE(!it.give(cancel_run{"ann", ""}));
  auto token = it.order("a").token;
  REQUIRE(!it.crash());
  REQUIRE(!it.give(attempt_is_stopped{"a", token}));
  CHECK(it.state.result == run_result::cancelled);
  CHECK(it.state.phase == run_phase::ended);
  CHECK(it.state.spent == 50);
}

TEST_CASE("a question is answered once, by its schema") {
  run_under_test it{R"(
name: w
steps:
  - {id: q, approve: {question: "how many?", answer: {type: integer}}}
output: .steps.q.output
)"};
  CHECK(run::idle(it.state));
  CHECK(code_of(it.give(answer_interrupt{"q", {"\"x\""}, "ann"}))
        == ec::invalid_argument);
  CHECK(code_of(it.give(answer_interrupt{"other", {"1"}, "ann"}))
        == ec::not_found);
  REQUIRE(!it.give(answer_interrupt{"q", {"3"}, "ann"}));
  CHECK(code_of(it.give(answer_interrupt{"q", {"4"}, "bob"})) == ec::conflict);
  CHECK(it.state.output.text == "3");
}

TEST_CASE("a deadline that passed while nobody looked is kept") {
  run_under_test it{R"(
name: w
steps:
  - {id: q, approve: {question: "ok?", deadline: 1h, default: {approved: true}}}
  - {id: r, approve: {question: "ok?", deadline: 2h}, on_failure: continue}
output: "{q: .steps.q.state, r: .steps.r.error.code}"
)"};
  it.now += 3h;
  REQUIRE(!it.crash());
  REQUIRE(!it.give(wake_run{}));
  CHECK(it.state.output.text == R"({"q":"done","r":"timeout"})");
}

TEST_CASE("what is refused fails the step, unless the step says otherwise") {
  run_under_test it{"name: w\nsteps:\n  - {id: q, approve: \"ok?\"}\n"};
  REQUIRE(!it.give(answer_interrupt{
    "q", {R"({"approved":false,"comment":"too risky"})"}, "ann"}));
  CHECK(it.state.result == run_result::failed);
  CHECK(it.state.code == "denied");
  CHECK(it.state.message == "q: it was not approved: too risky");
}

TEST_CASE("charges wait until the project has them, and then the books close") {
  run_under_test it{"name: w\nsteps:\n  - {id: a, command: a}\n"};
  REQUIRE(!it.intend("a#1.1", "a", 100));
  REQUIRE(!it.settle("a#1.1", "a", 40));
  CHECK(it.asked<post_charges>() == 1);
  REQUIRE(!it.finish("a"));
  CHECK(it.state.phase == run_phase::ended);
  CHECK(!run::idle(it.state));
  CHECK(it.outstanding().size() == 1);
  REQUIRE(!it.give(charges_are_posted{1}));
  CHECK(it.asked<close_books>() == 1);
  REQUIRE(!it.give(books_are_closed{}));
  CHECK(run::idle(it.state));
  CHECK(it.outstanding().empty());
}

TEST_CASE("a run whose project has no money fails before it begins") {
  run_state state;
  entity::context ctx{{"t", "r-1"}, timestamp{}, 0};
  run_created what;
  what.workflow.text =
    normal_form(*load_workflow("name: w\nsteps:\n  - {id: a, fail: x}\n", "w"));
  entity::draft<run> created{state, ctx};
  REQUIRE(!run::decide(created, create_run{what}));
  entity::draft<run> refused{state, ctx};
  REQUIRE(!run::decide(refused, refuse_budget{"no money"}));
  CHECK(state.phase == run_phase::ended);
  CHECK(state.code == "budget_exceeded");
  CHECK(state.message == "no money");
}
