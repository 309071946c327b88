#pragma once

#include "actors/tracker/task.hpp"
#include "runtime/wire/codec.hpp"

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace machine::tracker {

/// What is set aside for a run that has not ended.
struct run_lease {
  micro_usd amount = 0;
  micro_usd spent = 0;
  /// The last charge that is in the ledger.
  uint64_t booked = 0;
  /// Where what is left of it goes back to; none: to the project.
  std::optional<std::string> from;
  /// The run had to wait for it, and may not have heard that it has it.
  bool waited = false;
  /// The runs that it called which have spent something and have ended: what
  /// comes of them now is booked already.
  std::vector<std::string> over{};

  static constexpr const char* wire_name = "run_lease";

  static constexpr auto fields() {
    return wire::members(wire::field{"amount", &run_lease::amount},
                         wire::field{"spent", &run_lease::spent},
                         wire::field{"booked", &run_lease::booked},
                         wire::field{"from", &run_lease::from},
                         wire::later{"waited", &run_lease::waited},
                         wire::later{"over", &run_lease::over});
  }

  bool operator==(const run_lease&) const = default;
};

/// Why a run that waited cannot begin.
struct run_refusal {
  std::string code;
  std::string message;

  static constexpr const char* wire_name = "run_refusal";

  static constexpr auto fields() {
    return wire::members(wire::field{"code", &run_refusal::code},
                         wire::field{"message", &run_refusal::message});
  }

  bool operator==(const run_refusal&) const = default;
};

/// A run that waits for a place.
struct waiting_run {
  /// Of those with the same priority, the lowest comes first.
  uint64_t number = 0;
  uint32_t priority = 0;
  /// What is to be set aside for it.
  micro_usd amount = 0;
  timestamp since{};
  /// It waits no more, but has not ended yet.
  std::optional<run_refusal> refused;

  static constexpr const char* wire_name = "waiting_run";

  static constexpr auto fields() {
    return wire::members(wire::field{"number", &waiting_run::number},
                         wire::field{"priority", &waiting_run::priority},
                         wire::field{"amount", &waiting_run::amount},
                         wire::field{"since", &waiting_run::since},
                         wire::field{"refused", &waiting_run::refused});
  }

  bool operator==(const waiting_run&) const = default;
};

/// All that a project knows; made of its events alone.
struct project_state {
  bool exists = false;
  std::string name;
  std::optional<micro_usd> budget;
  /// Runs that may be at work at one time; none: no limit.
  std::optional<uint32_t> max_runs;
  timestamp created_at{};
  micro_usd settled = 0;
  /// By run.
  std::map<std::string, run_lease> leases;
  /// By run.
  std::map<std::string, waiting_run> waiting;
  uint64_t last_waiting = 0;
  /// The newest runs that have ended, but for those that another called, oldest
  /// first (`max_closed_runs`).
  std::vector<std::string> closed_runs;
  std::map<std::string, task> tasks;
  uint64_t last_task = 0;
  /// About what the tasks take in a snapshot, in bytes.
  uint64_t task_bytes = 0;

  static constexpr const char* wire_name = "project_state";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"exists", &project_state::exists},
      wire::field{"name", &project_state::name},
      wire::field{"budget", &project_state::budget},
      wire::field{"max_runs", &project_state::max_runs},
      wire::field{"created_at", &project_state::created_at},
      wire::field{"settled", &project_state::settled},
      wire::field{"leases", &project_state::leases},
      wire::later{"waiting", &project_state::waiting},
      wire::later{"last_waiting", &project_state::last_waiting},
      wire::later{"closed_runs", &project_state::closed_runs},
      wire::field{"tasks", &project_state::tasks},
      wire::field{"last_task", &project_state::last_task},
      wire::field{"task_bytes", &project_state::task_bytes});
  }

  bool operator==(const project_state&) const = default;
};

} // namespace machine::tracker

// Compiled once, in codec.cpp.
extern template struct machine::wire::codec<machine::tracker::project_state>;
extern template struct machine::wire::message_codec<
  machine::tracker::project_state>;
