#include "actors/orchestrator/run/summary.hpp"
#include "tests/actors/orchestrator/run/run_under_test.hpp"

using namespace machine;
using namespace machine::test;

namespace {

constexpr const char* command = "name: w\nsteps:\n  - {id: a, command: a, "
                                "idempotent: false, on_failure: continue}\n"
                                "output: .steps.a.output\n";

constexpr const char* agent =
  "name: w\nsteps:\n  - {id: a, agent: {role: code, prompt: p}}\n";

caf::error begin(run_under_test& it, const std::string& effect,
                 effect_kind kind = effect_kind::command) {
  return it.give(intend_effect{effect, "a", it.order("a").token, kind,
                               "rm -r x", "", false, 0});
}

caf::error answer(run_under_test& it, const std::string& id,
                  const std::string& text) {
  return it.give(answer_interrupt{id, {text}, "ann"});
}

std::string state_of(const run_under_test& it) {
  return summary_of(it.state, "r-1").state;
}

} // namespace

TEST_CASE("lists show that an operator has to look, whatever else goes on") {
  run_under_test it{"name: w\nsteps:\n  - {id: q, approve: \"ok?\"}\n  - {id: "
                    "a, command: a, idempotent: false}\n  - {id: b, command: "
                    "b}\n"};
  REQUIRE(!begin(it, "a#1.1"));
  CHECK(state_of(it) == "running");
  REQUIRE(!it.crash());
  CHECK(it.phase("a") == "waiting");
  CHECK(it.phase("b") == "running");
  auto row = summary_of(it.state, "r-1");
  CHECK(row.state == "needs_reconcile");
  CHECK(row.open_interrupts == 2);
  CHECK(row.message.find("rm -r x") != std::string::npos);
  auto stored = run::summarise(it.state, {"t", "r-1"});
  CHECK(stored.fields["state"] == "needs_reconcile");
  CHECK(stored.fields["open"] == "true");
  REQUIRE(!it.finish("b"));
  CHECK(state_of(it) == "needs_reconcile");
  REQUIRE(!answer(it, "reconcile:a#1.1", R"({"happened":true})"));
  CHECK(state_of(it) == "waiting");
}

TEST_CASE("a command that happened ends as one that was heard to end") {
  run_under_test it{command};
  REQUIRE(!begin(it, "a#1.1"));
  REQUIRE(!it.crash());
  CHECK(run::idle(it.state));
  REQUIRE(
    !answer(it, "reconcile:a#1.1", R"({"happened":true,"result":"3 files"})"));
  CHECK(it.state.output.text
        == R"({"exit_code":0,"output":"3 files","elapsed_ms":0,)"
           R"("note":"done, says the operator"})");
}

TEST_CASE("an answer about an effect is one that its schema wants") {
  run_under_test it{command};
  REQUIRE(!begin(it, "a#1.1"));
  REQUIRE(!it.crash());
  for (auto text : {"true", "{}", R"({"happened":"yes"})",
                    R"({"happened":true,"result":3})"})
    CHECK(code_of(answer(it, "reconcile:a#1.1", text)) == ec::invalid_argument);
  CHECK(it.phase("a") == "waiting");
}

TEST_CASE("an effect that is lost twice is asked about twice") {
  run_under_test it{command};
  REQUIRE(!begin(it, "a#1.1"));
  REQUIRE(!it.crash());
  REQUIRE(!answer(it, "reconcile:a#1.1", R"({"happened":false})"));
  REQUIRE(!begin(it, "a#1.1"));
  REQUIRE(!it.crash());
  // Who repeats the first answer says nothing about the second time.
  CHECK(code_of(answer(it, "reconcile:a#1.1", R"({"happened":false})"))
        == ec::conflict);
  CHECK(it.phase("a") == "waiting");
  REQUIRE(!answer(it, "reconcile:a#1.1/2", R"({"happened":true})"));
  CHECK(it.state.result == run_result::done);
}

TEST_CASE("every effect that may not be repeated is asked about") {
  run_under_test it{agent};
  REQUIRE(!begin(it, "a#1.1", effect_kind::tool));
  REQUIRE(!begin(it, "a#1.2", effect_kind::tool));
  REQUIRE(!it.crash());
  CHECK(it.state.interrupts.size() == 2);
  REQUIRE(!answer(it, "reconcile:a#1.2", R"({"happened":true})"));
  // The session goes on when nothing about it is in doubt.
  CHECK(it.phase("a") == "waiting");
  REQUIRE(!answer(it, "reconcile:a#1.1", R"({"happened":false})"));
  CHECK(it.phase("a") == "running");
  auto& journal = find_activation(it.state, "a")->journal;
  REQUIRE(journal.size() == 2);
  CHECK(journal[0].phase == effect_phase::lost);
  CHECK(journal[1].phase == effect_phase::done);
}

TEST_CASE("a worker that dies at an effect that may not be repeated leaves it "
          "to an operator") {
  run_under_test it{"name: w\nsteps:\n  - {id: a, command: a, idempotent: "
                    "false, retry: {max: 3, on: [internal]}}\n"};
  REQUIRE(!begin(it, "a#1.1"));
  REQUIRE(!it.fail("a", ec::internal));
  CHECK(it.phase("a") == "waiting");
  CHECK(it.asked<start_attempt>() == 0);
  CHECK(it.count<attempt_failed>() == 0);
  REQUIRE(it.state.interrupts.size() == 1);
  CHECK(it.state.interrupts.begin()->second.question
        == "Step a ended (it broke) while it was doing this: rm -r x. Nobody "
           "knows whether it happened. Look, and say: did it happen? If not, "
           "it is done again.");
  REQUIRE(!answer(it, "reconcile:a#1.1", R"({"happened":false})"));
  CHECK(it.order("a").attempt == 1);
}

TEST_CASE("a run that is cancelled asks about nothing") {
  run_under_test it{command};
  REQUIRE(!begin(it, "a#1.1"));
  SECTION("after the crash") {
    REQUIRE(!it.crash());
    REQUIRE(!it.give(cancel_run{"ann", ""}));
  }
  SECTION("before it") {
    REQUIRE(!it.give(cancel_run{"ann", ""}));
    auto token = it.order("a").token;
    REQUIRE(!it.crash());
    // Only who runs the workers knows whether this one lives.
    CHECK(it.state.phase == run_phase::closing);
    auto asked = it.outstanding();
    REQUIRE(asked.size() == 1);
    CHECK(std::get<stop_attempt>(asked.front()).token == token);
    REQUIRE(!it.give(attempt_is_stopped{"a", token}));
  }
  CHECK(it.state.phase == run_phase::ended);
  CHECK(it.state.result == run_result::cancelled);
  CHECK(state_of(it) == "cancelled");
}

TEST_CASE("a run that is loaded again leaves workers that live alone") {
  run_under_test it{command};
  REQUIRE(!begin(it, "a#1.1"));
  auto token = it.order("a").token;
  auto asked = it.outstanding();
  REQUIRE(asked.size() == 1);
  CHECK(std::get<probe_attempt>(asked.front()).token == token);
  // Of this one nothing is said, because it lives.
  REQUIRE(!it.finish("a"));
  CHECK(it.state.result == run_result::done);
  CHECK(it.count<attempt_lost>() == 0);
}

TEST_CASE("an attempt is lost once") {
  run_under_test it{command};
  auto token = it.order("a").token;
  REQUIRE(!it.give(attempt_is_lost{"a", token}));
  auto events = it.log.size();
  CHECK(code_of(it.give(attempt_is_lost{"a", token})) == ec::fenced);
  CHECK(code_of(it.give(attempt_is_lost{"b", token})) == ec::not_found);
  CHECK(it.log.size() == events);
  SECTION("and not any more when the run is ending") {
    REQUIRE(!it.give(cancel_run{"ann", ""}));
    events = it.log.size();
    REQUIRE(!it.give(attempt_is_lost{"a", it.order("a").token}));
    CHECK(it.log.size() == events);
    CHECK(it.state.phase == run_phase::closing);
  }
}
