#pragma once

#include "actors/orchestrator/scheduler/events.hpp"

#include <map>

namespace machine::orchestrator {

/// Firings that have ended, and skipped ones, of which a schedule knows.
constexpr size_t max_kept_firings = 20;

/// A run that a schedule has begun.
struct firing {
  std::string run;
  uint64_t number = 0;
  timestamp due{};
  timestamp began_at{};
  firing_cause cause = firing_cause::time;
  /// It was asked to end.
  bool stopping = false;
  std::optional<timestamp> ended_at;
  std::optional<run_result> result;
  std::string message;

  static constexpr const char* wire_name = "firing";

  static constexpr auto fields() {
    return wire::members(wire::field{"run", &firing::run},
                         wire::field{"number", &firing::number},
                         wire::field{"due", &firing::due},
                         wire::field{"began_at", &firing::began_at},
                         wire::field{"cause", &firing::cause},
                         wire::field{"stopping", &firing::stopping},
                         wire::field{"ended_at", &firing::ended_at},
                         wire::field{"result", &firing::result},
                         wire::field{"message", &firing::message});
  }

  bool operator==(const firing&) const = default;
};

/// All that a schedule knows; made of its events alone.
struct run_schedule_state {
  /// It was made, and not deleted.
  bool exists = false;
  std::string project;
  std::string name;
  schedule_spec spec;
  run_created what;
  timestamp created_at{};
  /// Counts what was made and changed.
  uint64_t version = 0;
  bool paused = false;
  std::string pause_reason;
  /// Up to here all is decided.
  timestamp considered{};
  /// None: it fires no more, or pauses.
  std::optional<timestamp> next;
  /// When the firing that waits for another was due.
  std::optional<timestamp> waiting;
  /// Firings that were ever begun, and ever skipped.
  uint64_t last_number = 0;
  uint64_t skipped_count = 0;
  /// At work, by run.
  std::map<std::string, firing> running;
  /// The newest that have ended, and the newest that were skipped, oldest
  /// first.
  std::vector<firing> ended;
  std::vector<skipped_firings> skipped;

  static constexpr const char* wire_name = "run_schedule_state";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"exists", &run_schedule_state::exists},
      wire::field{"project", &run_schedule_state::project},
      wire::field{"name", &run_schedule_state::name},
      wire::field{"spec", &run_schedule_state::spec},
      wire::field{"what", &run_schedule_state::what},
      wire::field{"created_at", &run_schedule_state::created_at},
      wire::field{"version", &run_schedule_state::version},
      wire::field{"paused", &run_schedule_state::paused},
      wire::field{"pause_reason", &run_schedule_state::pause_reason},
      wire::field{"considered", &run_schedule_state::considered},
      wire::field{"next", &run_schedule_state::next},
      wire::field{"waiting", &run_schedule_state::waiting},
      wire::field{"last_number", &run_schedule_state::last_number},
      wire::field{"skipped_count", &run_schedule_state::skipped_count},
      wire::field{"running", &run_schedule_state::running},
      wire::field{"ended", &run_schedule_state::ended},
      wire::field{"skipped", &run_schedule_state::skipped});
  }

  bool operator==(const run_schedule_state&) const = default;
};

} // namespace machine::orchestrator

// Compiled once, in codec.cpp.
extern template struct machine::wire::codec<
  machine::orchestrator::run_schedule_state>;
extern template struct machine::wire::message_codec<
  machine::orchestrator::run_schedule_state>;
