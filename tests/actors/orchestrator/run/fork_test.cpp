#include "tests/actors/orchestrator/run/fork_under_test.hpp"

using namespace machine;
using namespace machine::test;

namespace {

constexpr const char* graph = R"(
name: w
vars: {n: 0}
steps:
  - {id: a, command: a}
  - {id: b, needs: [a], command: "b ${{ .vars.n }}"}
  - {id: c, needs: [a], agent: {role: code, prompt: c}}
  - {id: d, needs: [b, c], command: d}
output: .steps.b.output
)";

} // namespace

TEST_CASE("a fork goes on from any event, and pays for nothing before it") {
  run_under_test it{graph};
  REQUIRE(!it.intend("a#1.1", "a", 100));
  REQUIRE(!it.settle("a#1.1", "a", 60));
  REQUIRE(!it.finish("a", "1"));
  REQUIRE(!it.intend("c#1.1", "c", 100));
  REQUIRE(!it.settle("c#1.1", "c", 40));
  REQUIRE(!it.intend("c#1.2", "c", 100));
  auto before = it.state;
  auto log = it.log;
  for (uint64_t seq = 1; seq <= log.size(); ++seq) {
    // Others go on at the end of their decision.
    if (seq < log.size() && it.together[seq])
      continue;
    CAPTURE(seq);
    fork_under_test fork{it, seq};
    CHECK(fork.state.phase == run_phase::running);
    CHECK(fork.state.spent == 0);
    CHECK(fork.state.leased == 0);
    CHECK(fork.state.outbox.empty());
    // Whatever lived there is begun anew here.
    CHECK(!fork.orders().empty());
    for (auto& order : fork.orders())
      CHECK(order.attempt == 1);
    // Nothing that was done there is done again.
    for (auto& [id, x] : before.activations)
      if (has_ended(x) && seq == log.size())
        CHECK(fork.state.activations.at(id).phase == x.phase);
  }
  CHECK(it.state == before);
  fork_under_test fork{it, log.size()};
  for (auto& order : fork.orders())
    if (order.activation == "c") {
      REQUIRE(order.journal.size() == 2);
      CHECK(order.journal[0].phase == effect_phase::done);
      CHECK(order.journal[1].phase == effect_phase::lost);
    }
}

TEST_CASE("a fork of a fork has all of its history") {
  run_under_test it{graph};
  REQUIRE(!it.finish("a", "1"));
  REQUIRE(!it.intend("c#1.1", "c", 100));
  fork_under_test first{it, it.log.size()};
  for (auto& order : first.orders())
    if (order.activation == "b")
      first.give(finish_attempt{"b", order.token, {"2"}, std::nullopt});
  fork_under_test second{first.events(), first.log.size()};
  CHECK(second.state.copied == first.log.size());
  CHECK(second.state.phase == run_phase::running);
  CHECK(second.state.activations.at("a").phase == activation_phase::done);
  CHECK(second.state.activations.at("b").phase == activation_phase::done);
  auto orders = second.orders();
  REQUIRE(orders.size() == 1);
  CHECK(orders[0].activation == "c");
  // Whoever did that worked for the first of the three.
  REQUIRE(orders[0].journal.size() == 1);
  CHECK(orders[0].journal[0].phase == effect_phase::lost);
}

TEST_CASE("a fork begins nothing of what had to stop") {
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
        - {id: a, command: a}
  - {id: b, command: b, timeout: {step: 10s}, on_failure: continue}
  - {id: c, needs: [around, b], command: c}
)"};
  it.now += std::chrono::seconds{10};
  REQUIRE(!it.give(wake_run{}));
  REQUIRE(it.count<step_stopping>() == 2);
  fork_under_test fork{it, it.log.size()};
  CHECK(fork.state.activations.at("around[1].a").phase
        == activation_phase::stopped);
  CHECK(fork.state.activations.at("around").phase == activation_phase::failed);
  CHECK(fork.state.activations.at("b").phase == activation_phase::failed);
  CHECK(fork.state.activations.at("b").code == "timeout");
  auto orders = fork.orders();
  REQUIRE(orders.size() == 1);
  CHECK(orders[0].activation == "c");
}

TEST_CASE("a run that a fork calls begins at its own beginning") {
  run_under_test it{R"(
name: w
workflows:
  inner: {steps: [{id: x, command: x}]}
steps:
  - {id: a, command: a}
  - {id: b, needs: [a], call: {workflow: inner}}
)"};
  REQUIRE(!it.finish("a", "1"));
  fork_under_test fork{it, it.log.size()};
  auto begun = 0;
  for (auto& effect : fork.effects)
    if (auto* child = std::get_if<start_child>(&effect)) {
      ++begun;
      CHECK(child->run == "r-2.2");
      CHECK(!child->what.origin);
    }
  CHECK(begun == 1);
}

TEST_CASE("a fork that ends while it copies leaves its origin alone") {
  run_under_test it{R"(
name: w
workflows:
  inner: {steps: [{id: x, command: x}]}
steps:
  - id: a
    command: a
    undo: [{id: u, command: u}]
  - {id: b, needs: [a], call: {workflow: inner}}
  - {id: c, agent: {role: code, prompt: c}}
)"};
  REQUIRE(!it.intend("c#1.1", "c", 100));
  REQUIRE(!it.settle("c#1.1", "c", 60));
  REQUIRE(!it.finish("a", "1"));
  run_state state;
  entity::context ctx{{"t", "r-2"}, it.now, 0};
  std::vector<run_effect> effects;
  auto give = [&](const run_command& x) {
    entity::draft<run> to{state, ctx};
    REQUIRE(!run::decide(to, x));
    effects = to.take_effects();
  };
  auto what = std::get<run_created>(it.log.front().second);
  REQUIRE(!it.finish("c"));
  what.origin = run_origin{"r-1", it.log.size(), std::nullopt};
  give(create_run{what});
  give(grant_budget{what.budget});
  import_history most{1, {}};
  for (size_t i = 0; i + 1 < it.log.size(); ++i)
    most.events.push_back(wire::to_msgpack(
      entity::recorded<run_event>{it.log[i].first, it.log[i].second}));
  give(most);
  REQUIRE(state.phase == run_phase::copying);
  // A machine that starts again goes on with the copy, and with nothing else.
  auto again = run::outstanding(state, {"t", "r-2"});
  REQUIRE(again.size() == 1);
  CHECK(std::holds_alternative<copy_history>(again.front()));
  give(cancel_run{"ann", "enough", cancel_mode::undo});
  CHECK(state.phase == run_phase::ended);
  CHECK(state.spent == 0);
  CHECK(state.leased == 0);
  CHECK(state.outbox.empty());
  REQUIRE(effects.size() == 2);
  auto& books = std::get<close_books>(effects.front());
  CHECK(books.spent == 0);
}

TEST_CASE("nobody speaks into the history that a fork copies") {
  run_under_test it{R"(
name: w
steps:
  - {id: a, approve: {question: "may I?"}}
  - {id: b, wait: {signal: go}}
)"};
  REQUIRE(it.count<interrupt_opened>() == 1);
  REQUIRE(!it.give(signal_run{"go", {"1"}, "ann", std::nullopt}));
  run_state state;
  entity::context ctx{{"t", "r-2"}, it.now, 0};
  auto give = [&](const run_command& x) {
    entity::draft<run> to{state, ctx};
    return run::decide(to, x);
  };
  auto what = std::get<run_created>(it.log.front().second);
  what.origin = run_origin{"r-1", it.log.size(), std::nullopt};
  signal_run signal{"go", {"2"}, "ann", std::nullopt};
  REQUIRE(!give(create_run{what}));
  CHECK(code_of(give(signal)) == ec::unavailable);
  REQUIRE(!give(queue_run{}));
  CHECK(code_of(give(signal)) == ec::unavailable);
  REQUIRE(!give(grant_budget{what.budget}));
  auto import = [&](size_t first, size_t last) {
    import_history result{first + 1, {}};
    for (auto i = first; i < last; ++i)
      result.events.push_back(wire::to_msgpack(
        entity::recorded<run_event>{it.log[i].first, it.log[i].second}));
    return result;
  };
  // Without the signal, which is the last that happened.
  size_t first = 0;
  while (!std::holds_alternative<signal_received>(it.log[first].second))
    ++first;
  REQUIRE(!give(import(0, first)));
  answer_interrupt answer{"a", {R"({"approved":true})"}, "ann"};
  CHECK(code_of(give(signal)) == ec::unavailable);
  CHECK(code_of(give(answer)) == ec::unavailable);
  REQUIRE(!give(import(first, it.log.size())));
  REQUIRE(state.phase == run_phase::running);
  CHECK(state.activations.at("b").output.text == "1");
  CHECK(!give(answer));
  CHECK(state.phase == run_phase::ended);
}

TEST_CASE("a fork has no part in the worktree of its origin") {
  run_under_test it{graph, 1'000'000, "/repo"};
  auto token = it.order("@prepare").token;
  REQUIRE(!it.give(finish_prepare{token, "/of-the-origin", "branch", "base"}));
  REQUIRE(!it.finish("a", "1"));
  fork_under_test fork{it, it.log.size()};
  REQUIRE(fork.state.phase == run_phase::preparing);
  CHECK(fork.state.directory.empty());
  CHECK(fork.state.base == "base");
  // It ends before it has one of its own: there is nothing to publish.
  fork.give(cancel_run{"ann", "enough", cancel_mode::leave});
  fork.give(attempt_is_stopped{"@prepare",
                               fork.state.activations.at("@prepare").token});
  CHECK(fork.state.phase == run_phase::ended);
}

TEST_CASE(
  "what was done in a workspace since its last checkpoint is done again "
  "in that of a fork") {
  auto repository =
    GENERATE(std::optional<std::string>{"/repo"}, std::optional<std::string>{});
  run_under_test it{"name: w\nsteps: [{id: c, agent: {role: code, prompt: "
                    "c}}]\n",
                    1'000'000, repository};
  if (repository)
    REQUIRE(!it.give(
      finish_prepare{it.order("@prepare").token, "/dir", "branch", "base"}));
  auto token = it.order("c").token;
  auto act = [&](const std::string& effect, effect_kind kind, bool idempotent) {
    REQUIRE(!it.give(
      intend_effect{effect, "c", token, kind, "x", "", idempotent, 0}));
    REQUIRE(!it.give(
      finish_effect{effect, "c", token, "result", "", "", 0, std::nullopt}));
  };
  act("c#1.1", effect_kind::model, true);
  act("c#1.2", effect_kind::tool, true);
  act("c#1.3", effect_kind::command, true);
  act("c#1.4", effect_kind::tool, false);
  fork_under_test fork{it, it.log.size()};
  if (repository)
    fork.effects = fork.give(finish_prepare{
      fork.state.activations.at("@prepare").token, "/other", "b", "base"});
  REQUIRE(fork.orders().size() == 1);
  auto journal = fork.orders()[0].journal;
  REQUIRE(journal.size() == 4);
  auto again = repository ? effect_phase::lost : effect_phase::done;
  CHECK(journal[0].phase == effect_phase::done);
  CHECK(journal[1].phase == again);
  CHECK(journal[2].phase == again);
  CHECK(journal[3].phase == effect_phase::done);
}

TEST_CASE("a fork begins with what those have done that were called") {
  run_under_test it{R"(
name: w
workflows:
  kid: {steps: [{id: k, command: k}]}
steps:
  - {id: sub, call: kid}
  - {id: a, needs: [sub], command: a}
  - {id: b, needs: [sub], command: b}
)",
                    1'000'000, "/repo"};
  REQUIRE(!it.give(
    finish_prepare{it.order("@prepare").token, "/dir", "branch", "base"}));
  child_is_over end{"sub", it.order("sub").token, "r-1.1"};
  end.commit = "c1";
  REQUIRE(!it.give(end));
  auto starts = [](const run_under_test& from) {
    fork_under_test fork{from, from.log.size()};
    auto orders = fork.orders();
    REQUIRE(orders.size() == 1);
    CHECK(orders[0].kind == attempt_kind::prepare);
    return orders[0].checkpoints;
  };
  CHECK(starts(it) == std::vector<std::string>{"c1"});
  auto finish = [&](const std::string& id, const std::string& commit) {
    REQUIRE(!it.give(finish_attempt{id, it.order(id).token, {"1"}, commit}));
  };
  finish("a", "c2");
  CHECK(starts(it) == std::vector<std::string>{"c1", "c2"});
}

TEST_CASE("a fork of what cannot be read fails, and says why") {
  run_under_test it{graph};
  run_state state;
  auto what = std::get<run_created>(it.log.front().second);
  what.origin = run_origin{"r-1", 3, std::nullopt};
  entity::context ctx{{"t", "r-2"}, timestamp{}, 0};
  auto give = [&](const run_command& x) {
    entity::draft<run> to{state, ctx};
    return run::decide(to, x);
  };
  REQUIRE(!give(create_run{what}));
  REQUIRE(!give(grant_budget{what.budget}));
  CHECK(code_of(give(import_history{2, {bytes{1}}})) == ec::invalid_argument);
  CHECK(code_of(give(import_history{1, {bytes{1}}})) == ec::corrupt);
  REQUIRE(!give(fail_import{"not_found", "there is no run r-1"}));
  CHECK(state.phase == run_phase::ended);
  CHECK(state.message == "there is no run r-1");
}
