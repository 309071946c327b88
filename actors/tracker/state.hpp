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

  static constexpr const char* wire_name = "run_lease";

  static constexpr auto fields() {
    return wire::members(wire::field{"amount", &run_lease::amount},
                         wire::field{"spent", &run_lease::spent},
                         wire::field{"booked", &run_lease::booked},
                         wire::field{"from", &run_lease::from});
  }

  bool operator==(const run_lease&) const = default;
};

/// All that a project knows; made of its events alone.
struct project_state {
  bool exists = false;
  std::string name;
  std::optional<micro_usd> budget;
  timestamp created_at{};
  micro_usd settled = 0;
  /// By run.
  std::map<std::string, run_lease> leases;
  /// The newest runs that have ended, oldest first (`max_closed_runs`).
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
      wire::field{"created_at", &project_state::created_at},
      wire::field{"settled", &project_state::settled},
      wire::field{"leases", &project_state::leases},
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
