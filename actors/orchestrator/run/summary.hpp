#pragma once

#include "actors/orchestrator/run/state.hpp"

namespace machine::orchestrator {

/// A run as lists show it.
struct run_summary {
  std::string id;
  std::string title;
  std::string project;
  std::optional<std::string> task;
  std::string workflow;
  /// `waiting_budget`, `preparing`, `running`, `waiting` (for an answer),
  /// `paused`, `needs_reconcile` (an operator has to say what became of an
  /// effect, whatever else still runs), `cancelling`, `closing`, `done`,
  /// `failed` or `cancelled`.
  std::string state;
  /// Why it failed, or what it waits for.
  std::string message;
  micro_usd budget = 0;
  micro_usd spent = 0;
  micro_usd leased = 0;
  timestamp created_at{};
  std::optional<timestamp> ended_at;
  std::optional<std::string> branch;
  uint32_t steps_done = 0;
  uint32_t steps_total = 0;
  uint32_t open_interrupts = 0;
  bool archived = false;

  static constexpr const char* wire_name = "run_summary";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"id", &run_summary::id},
      wire::field{"title", &run_summary::title},
      wire::field{"project", &run_summary::project},
      wire::field{"task", &run_summary::task},
      wire::field{"workflow", &run_summary::workflow},
      wire::field{"state", &run_summary::state},
      wire::field{"message", &run_summary::message},
      wire::field{"budget", &run_summary::budget},
      wire::field{"spent", &run_summary::spent},
      wire::field{"leased", &run_summary::leased},
      wire::field{"created_at", &run_summary::created_at},
      wire::field{"ended_at", &run_summary::ended_at},
      wire::field{"branch", &run_summary::branch},
      wire::field{"steps_done", &run_summary::steps_done},
      wire::field{"steps_total", &run_summary::steps_total},
      wire::field{"open_interrupts", &run_summary::open_interrupts},
      wire::later{"archived", &run_summary::archived});
  }

  bool operator==(const run_summary&) const = default;
};

/// The row of the run *id*.
run_summary summary_of(const run_state& now, const std::string& id);

} // namespace machine::orchestrator
