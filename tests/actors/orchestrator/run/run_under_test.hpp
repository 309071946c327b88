#pragma once

#include "actors/orchestrator/run/find.hpp"
#include "actors/orchestrator/run/run.hpp"
#include "actors/orchestrator/workflow/load.hpp"
#include "runtime/entity/draft.hpp"

#include <catch2/catch.hpp>

namespace machine::test {

using namespace orchestrator;

/// A run without actors, clock or store: the core and its log.
class run_under_test {
public:
  explicit run_under_test(std::string_view yaml, micro_usd budget = 1'000'000,
                          std::optional<std::string> repository = {}) {
    auto graph = load_workflow(yaml, "w.yaml");
    if (!graph)
      FAIL(render(graph.error()));
    run_created what;
    what.workflow_name = graph->name;
    what.workflow_hash = workflow_hash(*graph);
    what.workflow.text = normal_form(*graph);
    what.inputs.text = "{}";
    what.title = "do it";
    what.project = "default";
    what.budget = budget;
    what.repository = std::move(repository);
    REQUIRE(!give(create_run{what}));
    REQUIRE(!give(grant_budget{budget}));
  }

  /// Decides and applies *what*; the error if it was refused.
  caf::error give(run_command what) {
    auto refused = decide(what);
    if (!refused)
      check_invariants();
    return refused;
  }

  /// The same for one of very many commands, whose log is not replayed.
  void give_quickly(const run_command& what) {
    REQUIRE(!decide(what));
  }

  /// The one live attempt of *activation*.
  attempt_order order(const std::string& activation) const {
    auto* there = find_activation(state, activation);
    REQUIRE(there != nullptr);
    REQUIRE(there->token != 0);
    attempt_order result;
    result.activation = there->id;
    result.token = there->token;
    result.request = there->request;
    result.attempt = there->attempt;
    return result;
  }

  /// The machine starts again: the run asks after its workers, and hears that
  /// none of them lives.
  caf::error crash() {
    for (auto& effect : outstanding())
      if (auto* x = std::get_if<probe_attempt>(&effect))
        if (auto why = give(attempt_is_lost{x->activation, x->token}))
          return why;
    return caf::none;
  }

  caf::error finish(const std::string& activation,
                    const std::string& output = "null") {
    return give(
      finish_attempt{activation, order(activation).token, {output}, {}});
  }

  caf::error fail(const std::string& activation, ec code) {
    return give(fail_attempt{activation,
                             order(activation).token,
                             to_string(code),
                             "it broke",
                             {},
                             {},
                             {}});
  }

  caf::error intend(const std::string& effect, const std::string& activation,
                    micro_usd lease, bool idempotent = true) {
    return give(intend_effect{effect, activation, order(activation).token,
                              effect_kind::model, "demo", "", idempotent,
                              lease});
  }

  caf::error settle(const std::string& effect, const std::string& activation,
                    micro_usd cost) {
    return give(finish_effect{effect, activation, order(activation).token,
                              "result", "", "", cost, std::nullopt});
  }

  std::vector<run_effect> outstanding() const {
    return run::outstanding(state, {"t", "r-1"});
  }

  std::string phase(const std::string& activation) const {
    auto* there = find_activation(state, activation);
    return there == nullptr ? "none" : std::string{wire::to_name(there->phase)};
  }

  template <class Event>
  size_t count() const {
    size_t result = 0;
    for (auto& [at, event] : log)
      result += std::holds_alternative<Event>(event) ? 1 : 0;
    return result;
  }

  template <class Effect>
  size_t asked() const {
    size_t result = 0;
    for (auto& x : effects)
      result += std::holds_alternative<Effect>(x) ? 1 : 0;
    return result;
  }

  run_state state;
  timestamp now{std::chrono::hours{1}};
  uint64_t random = 0;
  std::vector<std::pair<timestamp, run_event>> log;
  /// Whether each was decided together with the one before.
  std::vector<bool> together;
  /// What the last command has caused besides events.
  std::vector<run_effect> effects;
  std::vector<bytes> blobs;

private:
  caf::error decide(const run_command& what) {
    entity::context ctx{{"t", "r-1"}, now, random};
    entity::draft<run> to{state, ctx};
    if (auto refused = run::decide(to, what)) {
      REQUIRE(!to.changed());
      return refused;
    }
    effects = to.take_effects();
    blobs = to.take_blobs();
    auto first = true;
    for (auto& event : to.take_events()) {
      log.emplace_back(now, std::move(event));
      together.push_back(!std::exchange(first, false));
    }
    return caf::none;
  }

  void check_invariants() {
    // The log alone makes the state, also after a trip through the store.
    run_state again;
    for (auto& [at, event] : log) {
      auto stored = wire::from_msgpack<run_event>(wire::to_msgpack(event));
      REQUIRE(stored);
      run::apply(again, *stored, at);
    }
    REQUIRE(again == state);
    auto snapshot = wire::from_msgpack<run_state>(wire::to_msgpack(state));
    REQUIRE(snapshot);
    REQUIRE(*snapshot == state);
    REQUIRE(state.leased >= 0);
    REQUIRE(state.spent + state.leased <= state.created.budget);
    micro_usd bill = 0;
    for (auto& row : state.bill)
      bill += row.cost;
    REQUIRE(bill == state.spent);
    if (state.phase == run_phase::ended) {
      REQUIRE(state.leased == 0);
      REQUIRE(!has_live_attempts(state));
    }
  }
};

} // namespace machine::test
