#include "actors/orchestrator/run/loops.hpp"
#include "actors/orchestrator/run/summary.hpp"
#include "tests/actors/orchestrator/run/run_under_test.hpp"
#include "tests/support/text.hpp"

using namespace machine;
using namespace machine::test;

namespace {

std::string agent_with(const std::string& more = "") {
  return "name: w\nsteps:\n  - {id: a, agent: {role: code, prompt: p}" + more
       + "}\n";
}

/// The worker of one attempt of an agent: knows the journal, as the real one.
class worker {
public:
  worker(run_under_test& it, std::string activation)
      : it_(it), activation_(std::move(activation)) {
    take_over();
  }

  /// Another worker goes on from the journal.
  void take_over() {
    auto& there = *find_activation(it_.state, activation_);
    number_ = 0;
    for (auto& x : there.journal)
      number_ += x.phase == effect_phase::done ? 1 : 0;
  }

  /// Pays for a model call; false if the run wants a person asked first, which
  /// it is then told to do.
  bool think(micro_usd cost = 100) {
    auto effect = next();
    auto problem = it_.intend(effect, activation_, cost);
    if (problem) {
      REQUIRE(code_of(problem) == ec::paused);
      REQUIRE(!it_.give(
        attempt_is_suspended{activation_, it_.order(activation_).token}));
      return false;
    }
    ++number_;
    REQUIRE(!it_.settle(effect, activation_, cost));
    return true;
  }

  void call(const std::string& what, const std::string& result,
            std::optional<std::string> tree = std::nullopt,
            const std::string& code = "") {
    auto effect = next();
    ++number_;
    intend_effect begin{effect,
                        activation_,
                        it_.order(activation_).token,
                        effect_kind::tool,
                        what,
                        "",
                        true,
                        0};
    begin.call = what;
    REQUIRE(!it_.give(begin));
    finish_effect end{effect, activation_, it_.order(activation_).token,
                      result, code,        "",
                      0,      {}};
    end.tree = std::move(tree);
    REQUIRE(!it_.give(end));
  }

  /// Does the same until it is stopped; how often it did.
  uint32_t go_round() {
    uint32_t result = 0;
    for (; result < 50 && think(); ++result)
      call("read_file a", "A");
    return result;
  }

private:
  std::string next() const {
    auto& there = *find_activation(it_.state, activation_);
    return activation_ + "#" + std::to_string(there.attempt) + "."
         + std::to_string(number_ + 1);
  }

  run_under_test& it_;
  std::string activation_;
  uint32_t number_ = 0;
};

caf::error answer_loop(run_under_test& it, const std::string& id,
                       const std::string& text) {
  return it.give(answer_interrupt{id, {text}, "ann"});
}

} // namespace

TEST_CASE("an agent that goes in circles is stopped before it pays again") {
  run_under_test it{agent_with()};
  worker x{it, "a"};
  CHECK(x.go_round() == 3);
  CHECK(it.phase("a") == "waiting");
  CHECK(it.state.spent == 300);
  CHECK(it.state.leased == 0);
  CHECK(!has_live_attempts(it.state));
  CHECK(!run::wake_at(it.state));
  auto row = summary_of(it.state, "r-1");
  CHECK(row.state == "waiting");
  CHECK(row.open_interrupts == 1);
  auto* asked = find_interrupt(it.state, "loop:a");
  REQUIRE(asked != nullptr);
  CHECK(has(asked->question, "The agent code of step a goes in circles"));
  CHECK(has(asked->question, "`read_file a` was done 3 times in a row"));
  CHECK(has(asked->question, "a#1.2, a#1.4, a#1.6"));
  CHECK(has(asked->question, "$0.0003"));
  SECTION("what is asked is answered as its schema wants it") {
    for (auto text : {"\"go\"", "{}", R"({"hint":""})", R"({"hint":3})", "1"})
      CHECK(code_of(answer_loop(it, "loop:a", text)) == ec::invalid_argument);
  }
  SECTION("it goes on, and the guard counts anew") {
    REQUIRE(!answer_loop(it, "loop:a", "\"continue\""));
    CHECK(it.phase("a") == "running");
    x.take_over();
    CHECK(x.go_round() == 3);
    CHECK(it.state.spent == 600);
    CHECK(find_interrupt(it.state, "loop:a/2") != nullptr);
    CHECK(code_of(answer_loop(it, "loop:a", "\"continue\"")) == ec::conflict);
  }
  SECTION("it is stopped, and the step fails") {
    REQUIRE(!answer_loop(it, "loop:a", "\"stop\""));
    CHECK(it.phase("a") == "failed");
    CHECK(it.state.code == "loop");
    CHECK(has(it.state.message, "goes in circles"));
  }
  SECTION("it is told something") {
    REQUIRE(!answer_loop(it, "loop:a", R"({"hint":"look at b"})"));
    auto& there = *find_activation(it.state, "a");
    REQUIRE(there.hints.size() == 1);
    CHECK(there.hints[0].after == 6);
    CHECK(there.hints[0].text == "look at b");
    auto* order = std::get_if<start_attempt>(&it.effects.front());
    REQUIRE(order != nullptr);
    CHECK(order->order.hints == there.hints);
    CHECK(order->order.attempt == 1);
  }
  SECTION("the run ends meanwhile") {
    REQUIRE(!it.give(cancel_run{"ann", ""}));
    CHECK(find_interrupt(it.state, "loop:a")->phase
          == interrupt_phase::withdrawn);
    CHECK(it.state.phase == run_phase::ended);
  }
}

TEST_CASE("a crash between the loop and the question asks once") {
  run_under_test it{agent_with()};
  worker x{it, "a"};
  for (auto i = 0; i < 3; ++i) {
    REQUIRE(x.think());
    x.call("read_file a", "A");
  }
  // The worker is refused and dies before it says a word.
  CHECK(code_of(it.intend("a#1.7", "a", 100)) == ec::paused);
  REQUIRE(!it.crash());
  CHECK(it.phase("a") == "running");
  x.take_over();
  CHECK(!x.think());
  CHECK(it.count<interrupt_opened>() == 1);
  REQUIRE(!it.crash());
  CHECK(it.count<interrupt_opened>() == 1);
  CHECK(it.state.spent == 300);
}

TEST_CASE("a step that was stopped is tried again if it wants that") {
  run_under_test it{agent_with(
    ", retry: {max: 1, backoff: 1s, on: [loop]}, on_failure: continue")};
  CHECK(worker(it, "a").go_round() == 3);
  REQUIRE(!answer_loop(it, "loop:a", "\"stop\""));
  CHECK(it.phase("a") == "retrying");
  it.now += duration{1'000};
  REQUIRE(!it.give(wake_run{}));
  CHECK(it.order("a").attempt == 2);
  CHECK(worker(it, "a").go_round() == 3);
  REQUIRE(!answer_loop(it, "loop:a/2", "\"stop\""));
  CHECK(it.phase("a") == "failed");
  CHECK(it.state.result == run_result::done);
}

TEST_CASE("nobody answers in time") {
  auto guard = [](const std::string& more) {
    return agent_with(", on_failure: continue, guard: {deadline: 1m" + more
                      + "}");
  };
  SECTION("the step fails") {
    run_under_test it{guard("")};
    worker(it, "a").go_round();
    CHECK(run::wake_at(it.state) == it.now + duration{60'000});
    it.now += duration{60'000};
    REQUIRE(!it.give(wake_run{}));
    CHECK(it.phase("a") == "failed");
    CHECK(find_activation(it.state, "a")->code == "loop");
  }
  SECTION("it goes on, if that is wanted") {
    run_under_test it{guard(", default: continue")};
    worker(it, "a").go_round();
    it.now += duration{60'000};
    REQUIRE(!it.give(wake_run{}));
    CHECK(it.phase("a") == "running");
    CHECK(!run::wake_at(it.state));
    CHECK(find_interrupt(it.state, "loop:a")->by == "deadline");
  }
}

TEST_CASE("what was done in an attempt before counts, too") {
  run_under_test it{agent_with(", retry: {max: 1, backoff: 0s}")};
  worker x{it, "a"};
  for (auto i = 0; i < 2; ++i) {
    REQUIRE(x.think());
    x.call("read_file a", "A");
  }
  REQUIRE(!it.fail("a", ec::unavailable));
  REQUIRE(!it.give(wake_run{}));
  CHECK(worker(it, "a").go_round() == 1);
}

TEST_CASE("what was done in a round before counts, too") {
  run_under_test it{
    "name: w\nsteps:\n  - id: r\n    repeat:\n      max: 9\n      until: "
    "'false'\n      steps: [{id: a, agent: {role: code, prompt: p}}]\n"};
  for (auto i = 1; i < 4; ++i) {
    worker x{it, "r[" + std::to_string(i) + "].a"};
    REQUIRE(x.think());
    x.call("read_file a", "A");
    REQUIRE(!it.finish("r[" + std::to_string(i) + "].a", std::to_string(i)));
  }
  CHECK(!worker(it, "r[4].a").think());
  CHECK(has(find_interrupt(it.state, "loop:r[4].a")->question,
            "r[1].a#1.2, r[2].a#1.2, r[3].a#1.2"));
  CHECK(it.state.trails.contains("r[].a"));
  REQUIRE(!answer_loop(it, "loop:r[4].a", "\"stop\""));
  CHECK(it.state.trails.empty());
}

TEST_CASE("agents that hand the same work back and forth are stopped") {
  run_under_test it{
    "name: w\nvars: {work: x}\nsteps:\n  - id: r\n    repeat:\n"
    "      max: 9\n      until: 'false'\n      steps:\n"
    "        - {id: a, agent: {role: code, prompt: \"${{ .vars.work }}\"}}\n"
    "        - {id: b, needs: [a], agent: {role: test, prompt: "
    "\"${{ .steps.a.output }}\"}}\n"
    "        - {id: s, needs: [b], set: {work: .steps.b.output}}\n"};
  auto turn = [&](int round, const std::string& who, const std::string& said) {
    auto id = "r[" + std::to_string(round) + "]." + who;
    if (!worker(it, id).think())
      return false;
    REQUIRE(!it.finish(id, said));
    return true;
  };
  auto round = [&](int i, const std::string& a, const std::string& b) {
    return turn(i, "a", a) && turn(i, "b", b);
  };
  SECTION("the same") {
    // The first round had another work to begin with.
    for (auto i = 1; i < 4; ++i)
      CHECK(round(i, "\"x\"", "\"y\""));
    CHECK(turn(4, "a", "\"x\""));
    CHECK(!turn(4, "b", "\"y\""));
    auto& question = find_interrupt(it.state, "loop:r[4].b")->question;
    CHECK(has(question, "In r the same work is handed back and forth"));
    CHECK(has(question, "`step b`, `step a`"));
    CHECK(has(question, "r[1].b, r[2].a, r[2].b, r[3].a, r[3].b, r[4].a"));
    // The answer counts for all of it.
    REQUIRE(!answer_loop(it, "loop:r[4].b", "\"continue\""));
    CHECK(turn(4, "b", "\"y\""));
    CHECK(round(5, "\"x\"", "\"y\""));
    CHECK(round(6, "\"x\"", "\"y\""));
    CHECK(turn(7, "a", "\"x\""));
    CHECK(!turn(7, "b", "\"y\""));
  }
  SECTION("something else each time") {
    for (auto i = 1; i < 10; ++i)
      CHECK(round(i, std::to_string(i), std::to_string(i)));
  }
}

TEST_CASE("rounds that change a variable or the workspace are no loop") {
  run_under_test it{
    "name: w\nvars: {n: 0}\nsteps:\n  - id: r\n    repeat:\n"
    "      max: 30\n      until: 'false'\n      steps:\n"
    "        - {id: m, model: {prompt: \"n = ${{ .vars.n }}\"}}\n"
    "        - {id: s, needs: [m], set: {n: .vars.n + 1}}\n"};
  for (auto i = 1; i <= 30; ++i) {
    auto id = "r[" + std::to_string(i) + "].m";
    REQUIRE(worker(it, id).think());
    REQUIRE(!it.finish(id, "\"same\""));
  }
  CHECK(it.state.phase == run_phase::ended);
}

TEST_CASE("rounds that pay and change nothing are stopped") {
  run_under_test it{
    "name: w\nguard: {repeats: 10, times: 20, idle_calls: 4}\nsteps:\n"
    "  - id: r\n    repeat:\n      max: 30\n      until: 'false'\n"
    "      steps: [{id: m, model: {prompt: p}}]\n"};
  auto i = 1;
  for (; i < 30; ++i) {
    auto id = "r[" + std::to_string(i) + "].m";
    if (!worker(it, id).think())
      break;
    REQUIRE(!it.finish(id, std::to_string(i)));
  }
  CHECK(i == 5);
  CHECK(has(find_interrupt(it.state, "loop:r[5].m")->question,
            "4 model calls for $0.0004"));
}

TEST_CASE("an agent that edits and fails its tests is left alone for long") {
  run_under_test it{agent_with()};
  worker x{it, "a"};
  auto i = 0;
  for (; i < 20; ++i) {
    if (!x.think())
      break;
    x.call("patch_file " + std::to_string(i), "ok");
    REQUIRE(x.think());
    x.call("run_command test", "1 failed", "tree" + std::to_string(i),
           "step_failed");
  }
  CHECK(i == 10);
  CHECK(has(find_interrupt(it.state, "loop:a")->question,
            "failed in the same way 10 times"));
}

TEST_CASE("a guard that is off is silent") {
  auto off = "name: w\nguard: off\nsteps:\n  - {id: a, agent: {role: code, "
             "prompt: p}";
  run_under_test it{std::string{off} + "}\n"};
  CHECK(worker(it, "a").go_round() == 50);
  CHECK(it.state.trails.empty());
  run_under_test on{std::string{off} + ", guard: {repeats: 5}}\n"};
  CHECK(worker(on, "a").go_round() == 5);
}

TEST_CASE("a paused run asks all the same, and goes on when it does") {
  run_under_test it{agent_with()};
  worker x{it, "a"};
  for (auto i = 0; i < 3; ++i) {
    REQUIRE(x.think());
    x.call("read_file a", "A");
  }
  REQUIRE(!it.give(pause_run{"ann", ""}));
  CHECK(!x.think());
  REQUIRE(find_interrupt(it.state, "loop:a") != nullptr);
  REQUIRE(!answer_loop(it, "loop:a", "\"continue\""));
  CHECK(it.phase("a") == "suspended");
  REQUIRE(!it.give(resume_run{"ann"}));
  CHECK(it.phase("a") == "running");
}
