#include "actors/orchestrator/run/bounds.hpp"
#include "tests/actors/orchestrator/run/run_under_test.hpp"

using namespace machine;
using namespace machine::test;
using namespace std::chrono_literals;

namespace {

constexpr const char* deployed = R"(
name: w
steps:
  - {id: first, command: a}
  - id: wait
    needs: [first]
    wait:
      signal: deployed
      schema: {type: object, required: [to]}
      deadline: 1h
output: .steps.wait.output.to
)";

signal_run told(const std::string& payload,
                std::optional<std::string> key = std::nullopt) {
  return {"deployed", {payload}, "ann", std::move(key)};
}

} // namespace

TEST_CASE("a wait for a time is over when the time has come") {
  auto with = [](const std::string& what) {
    return "name: w\nsteps:\n  - {id: a, wait: " + what
         + "}\noutput: .steps.a.state\n";
  };
  run_under_test it{with("90s")};
  CHECK(it.phase("a") == "waiting");
  CHECK(run::idle(it.state) == false);
  CHECK(*run::wake_at(it.state) == it.now + 90s);
  REQUIRE(!it.give(wake_run{}));
  CHECK(it.phase("a") == "waiting");
  it.now += 90s;
  REQUIRE(!it.give(wake_run{}));
  CHECK(it.state.output.text == R"("done")");
  run_under_test past{with("{until: '1970-01-01T00:00:00Z'}")};
  REQUIRE(!past.give(wake_run{}));
  CHECK(past.state.output.text == R"("done")");
  run_under_test computed{with("{for: \"${{ 2 * 30 }}s\"}")};
  CHECK(*run::wake_at(computed.state) == computed.now + 60s);
  run_under_test wrong{with("{for: \"${{ 7 }}\"}")};
  CHECK(wrong.state.message
        == "a: for: \"7\" is no duration; write one such as 90s or 5m");
}

TEST_CASE("a signal ends the wait, also one that came before") {
  run_under_test it{deployed};
  SECTION("afterwards") {
    REQUIRE(!it.finish("first"));
    REQUIRE(!it.give(told(R"({"to":"x"})")));
  }
  SECTION("before") {
    REQUIRE(!it.give(told(R"({"to":"x"})")));
    CHECK(it.state.signals.size() == 1);
    REQUIRE(!it.finish("first"));
  }
  SECTION("in the order in which they came") {
    REQUIRE(!it.give(told(R"({"to":"x"})")));
    REQUIRE(!it.give(told(R"({"to":"y"})")));
    REQUIRE(!it.finish("first"));
  }
  CHECK(it.state.output.text == R"("x")");
  CHECK(it.state.signals.empty());
  CHECK(code_of(it.give(told(R"({"to":"x"})"))) == ec::conflict);
}

TEST_CASE("a signal that is sent again with its word counts once") {
  run_under_test it{deployed};
  REQUIRE(!it.give(told(R"({"to":"x"})", "k")));
  REQUIRE(!it.give(told(R"({"to":"y"})", "k")));
  CHECK(it.state.signals.size() == 1);
}

TEST_CASE("a signal that nobody could understand is refused") {
  run_under_test it{deployed};
  auto unknown = it.give(signal_run{"deploid", {"{}"}, "ann", std::nullopt});
  CHECK(code_of(unknown) == ec::not_found);
  CHECK(message_of(unknown)
        == "workflow w waits for no signal deploid; it waits for deployed");
  CHECK(code_of(it.give(told("{}"))) == ec::invalid_argument);
  for (auto left = max_kept_signals; left > 0; --left)
    it.give_quickly(told(R"({"to":"x"})"));
  CHECK(code_of(it.give(told(R"({"to":"x"})"))) == ec::limit_exceeded);
}

TEST_CASE("a wait without a signal ends at its deadline") {
  auto text = std::string{deployed};
  SECTION("as failed") {
    run_under_test it{text};
    REQUIRE(!it.finish("first"));
    it.now += 1h;
    REQUIRE(!it.give(wake_run{}));
    CHECK(it.state.message == "wait: no signal deployed came in time");
    CHECK(it.state.code == "timeout");
  }
  SECTION("with what it falls back to") {
    text.replace(text.find("deadline"), 12,
                 "deadline: 1h\n      default: "
                 "{to: nowhere}");
    run_under_test it{text};
    REQUIRE(!it.finish("first"));
    it.now += 1h;
    REQUIRE(!it.give(wake_run{}));
    CHECK(it.state.output.text == R"("nowhere")");
  }
}

TEST_CASE("a run that pauses begins nothing, and no time passes for it") {
  run_under_test it{R"(
name: w
steps:
  - {id: a, command: a, retry: {max: 1, backoff: 1s}}
  - {id: b, needs: [a], command: b}
  - {id: c, wait: 10s}
)"};
  REQUIRE(!it.give(pause_run{"ann", "lunch"}));
  REQUIRE(!it.give(pause_run{"ann", "lunch"}));
  CHECK(it.count<run_paused>() == 1);
  CHECK(!run::wake_at(it.state));
  it.now += 60s;
  REQUIRE(!it.give(wake_run{}));
  CHECK(it.phase("c") == "waiting");
  SECTION("what ends meanwhile is kept") {
    REQUIRE(!it.finish("a"));
    CHECK(it.phase("b") == "none");
    REQUIRE(!it.give(resume_run{"ann"}));
    CHECK(it.phase("b") == "running");
    REQUIRE(!it.give(wake_run{}));
    CHECK(it.phase("c") == "done");
  }
  SECTION("what fails meanwhile is tried again afterwards") {
    REQUIRE(!it.fail("a", ec::timeout));
    it.now += 60s;
    REQUIRE(!it.give(wake_run{}));
    CHECK(it.phase("a") == "retrying");
    REQUIRE(!it.give(resume_run{"ann"}));
    REQUIRE(!it.give(wake_run{}));
    CHECK(it.order("a").attempt == 2);
  }
  SECTION("a worker stops before its next effect, and another goes on") {
    auto token = it.order("a").token;
    CHECK(code_of(it.intend("a#1.1", "a", 1)) == ec::paused);
    REQUIRE(!it.give(attempt_is_suspended{"a", token}));
    CHECK(it.phase("a") == "suspended");
    CHECK(it.asked<start_attempt>() == 0);
    REQUIRE(!it.give(resume_run{"ann"}));
    CHECK(it.asked<start_attempt>() == 1);
    CHECK(it.order("a").attempt == 1);
    CHECK(it.order("a").token > token);
  }
  SECTION("it can be cancelled") {
    REQUIRE(!it.give(cancel_run{"ann", "enough"}));
    REQUIRE(!it.give(attempt_is_stopped{"a", it.order("a").token}));
    CHECK(it.state.phase == run_phase::ended);
    CHECK(code_of(it.give(pause_run{"ann", ""})) == ec::conflict);
  }
}

TEST_CASE("what undoes a step may wait for a signal") {
  run_under_test it{R"(
name: w
steps:
  - id: a
    command: a
    undo: [{id: back, wait: {signal: deployed}}]
  - {id: b, needs: [a], command: b}
)"};
  REQUIRE(!it.finish("a"));
  REQUIRE(!it.fail("b", ec::step_failed));
  CHECK(it.state.phase == run_phase::undoing);
  CHECK(it.phase("a[undo].back") == "waiting");
  REQUIRE(!it.give(told("1")));
  CHECK(it.state.phase == run_phase::ended);
  CHECK(code_of(it.give(told("1"))) == ec::conflict);
}
