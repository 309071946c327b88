#include "actors/orchestrator/run/summary.hpp"
#include "tests/actors/orchestrator/run/run_under_test.hpp"

using namespace machine;
using namespace machine::test;

namespace {

/// A run that has just been asked for.
struct new_run {
  run_state state;
  std::vector<run_event> log;
  std::vector<run_effect> effects;

  new_run() {
    auto graph =
      load_workflow("name: w\nsteps: [{id: a, command: a}]\n", "w.yaml");
    REQUIRE(graph);
    run_created what;
    what.workflow_name = graph->name;
    what.workflow_hash = workflow_hash(*graph);
    what.workflow.text = normal_form(*graph);
    what.inputs.text = "{}";
    what.title = "do it";
    what.project = "p";
    what.task = "t-1";
    what.budget = 7;
    what.priority = 3;
    REQUIRE(!give(create_run{what}));
  }

  caf::error give(run_command what) {
    entity::context ctx{{"t", "r-1"}, timestamp{}, 0};
    entity::draft<run> to{state, ctx};
    if (auto refused = run::decide(to, what))
      return refused;
    for (auto& event : to.take_events())
      log.push_back(std::move(event));
    effects = to.take_effects();
    return caf::none;
  }

  std::string shown() const {
    return summary_of(state, "r-1").state;
  }
};

const request_budget* request_in(const std::vector<run_effect>& effects) {
  return effects.size() == 1 ? std::get_if<request_budget>(&effects[0])
                             : nullptr;
}

} // namespace

TEST_CASE("a run asks for a place with its priority and its task") {
  new_run it;
  auto* asked = request_in(it.effects);
  REQUIRE(asked != nullptr);
  CHECK(asked->project == "p");
  CHECK(asked->amount == 7);
  CHECK(asked->priority == 3u);
  CHECK(asked->task == "t-1");
  CHECK(it.shown() == "waiting_budget");
}

TEST_CASE("a run without a place begins nothing until it has one") {
  new_run it;
  REQUIRE(!it.give(queue_run{}));
  REQUIRE(!it.give(queue_run{}));
  CHECK(it.log.size() == 2);
  CHECK(it.shown() == "queued");
  CHECK(it.state.activations.empty());
  CHECK(!run::idle(it.state));
  CHECK(run::summarise(it.state, {"t", "r-1"}).fields.at("open") == "true");
  // Whoever carried word of its place may have forgotten it.
  REQUIRE(request_in(run::outstanding(it.state, {"t", "r-1"})) != nullptr);
  REQUIRE(!it.give(grant_budget{7}));
  CHECK(it.shown() == "running");
  CHECK(it.state.activations.size() == 1);
  // Word that was late.
  auto events = it.log.size();
  REQUIRE(!it.give(queue_run{}));
  REQUIRE(!it.give(grant_budget{7}));
  CHECK(it.log.size() == events);
}

TEST_CASE("a run that is cancelled while it waits ends at once, and says so") {
  new_run it;
  REQUIRE(!it.give(queue_run{}));
  CHECK(code_of(it.give(pause_run{"ann", ""})) == ec::conflict);
  REQUIRE(!it.give(cancel_run{"ann", "enough", cancel_mode::undo}));
  CHECK(it.shown() == "cancelled");
  REQUIRE(it.effects.size() == 2);
  CHECK(std::get<close_books>(it.effects[0]).project == "p");
  CHECK(std::holds_alternative<close_trace>(it.effects[1]));
  // A place that comes later is nobody's.
  CHECK(code_of(it.give(grant_budget{7})) == ec::cancelled);
  REQUIRE(!it.give(queue_run{}));
  CHECK(it.shown() == "cancelled");
}

TEST_CASE("a run that is turned away fails with what the project says") {
  new_run it;
  REQUIRE(!it.give(queue_run{}));
  REQUIRE(!it.give(refuse_budget{"there is no money", "budget_exceeded"}));
  CHECK(it.shown() == "failed");
  CHECK(it.state.code == "budget_exceeded");
}
