#pragma once

#include "actors/orchestrator/run/life_events.hpp"
#include "actors/orchestrator/schedule/due.hpp"
#include "runtime/wire/codec.hpp"

#include <optional>
#include <string>
#include <variant>
#include <vector>

/// Events of a schedule. Times of firings stand in them and are not worked out
/// again: time zones change their minds.
namespace machine::orchestrator {

/// Why a run was begun.
enum class firing_cause : uint8_t {
  /// Its time had come.
  time,
  /// Somebody wanted it at once.
  hand,
};

constexpr auto wire_names(firing_cause) {
  return std::array<std::pair<std::string_view, firing_cause>, 2>{{
    {"time", firing_cause::time},
    {"hand", firing_cause::hand},
  }};
}

struct schedule_created {
  std::string project;
  /// Unique in the project.
  std::string name;
  schedule_spec spec;
  /// What each firing begins.
  run_created what;
  /// The first firing, unless it never fires.
  std::optional<timestamp> next;

  static constexpr const char* wire_name = "schedule_created";

  static constexpr auto fields() {
    return wire::members(wire::field{"project", &schedule_created::project},
                         wire::field{"name", &schedule_created::name},
                         wire::field{"spec", &schedule_created::spec},
                         wire::field{"what", &schedule_created::what},
                         wire::field{"next", &schedule_created::next});
  }

  bool operator==(const schedule_created&) const = default;
};

struct schedule_changed {
  schedule_spec spec;
  run_created what;
  std::optional<timestamp> next;

  static constexpr const char* wire_name = "schedule_changed";

  static constexpr auto fields() {
    return wire::members(wire::field{"spec", &schedule_changed::spec},
                         wire::field{"what", &schedule_changed::what},
                         wire::field{"next", &schedule_changed::next});
  }

  bool operator==(const schedule_changed&) const = default;
};

/// It fires no more until it is resumed.
struct schedule_paused {
  std::string by;
  std::string reason;

  static constexpr const char* wire_name = "schedule_paused";

  static constexpr auto fields() {
    return wire::members(wire::field{"by", &schedule_paused::by},
                         wire::field{"reason", &schedule_paused::reason});
  }

  bool operator==(const schedule_paused&) const = default;
};

/// What was due meanwhile is not made up.
struct schedule_resumed {
  std::string by;
  std::optional<timestamp> next;

  static constexpr const char* wire_name = "schedule_resumed";

  static constexpr auto fields() {
    return wire::members(wire::field{"by", &schedule_resumed::by},
                         wire::field{"next", &schedule_resumed::next});
  }

  bool operator==(const schedule_resumed&) const = default;
};

/// Runs at work go on.
struct schedule_deleted {
  std::string by;

  static constexpr const char* wire_name = "schedule_deleted";

  static constexpr auto fields() {
    return wire::members(wire::field{"by", &schedule_deleted::by});
  }

  bool operator==(const schedule_deleted&) const = default;
};

/// What was due up to *up_to* is decided.
struct firings_considered {
  timestamp up_to{};
  std::optional<timestamp> next;
  /// When the firing that waits was due.
  std::optional<timestamp> waiting;
  std::vector<skipped_firings> skipped;

  static constexpr const char* wire_name = "firings_considered";

  static constexpr auto fields() {
    return wire::members(wire::field{"up_to", &firings_considered::up_to},
                         wire::field{"next", &firings_considered::next},
                         wire::field{"waiting", &firings_considered::waiting},
                         wire::field{"skipped", &firings_considered::skipped});
  }

  bool operator==(const firings_considered&) const = default;
};

/// A run is to be begun, once.
struct firing_began {
  /// Made of the schedule, the number and the time.
  std::string run;
  /// From 1.
  uint64_t number = 0;
  timestamp due{};
  firing_cause cause = firing_cause::time;

  static constexpr const char* wire_name = "firing_began";

  static constexpr auto fields() {
    return wire::members(wire::field{"run", &firing_began::run},
                         wire::field{"number", &firing_began::number},
                         wire::field{"due", &firing_began::due},
                         wire::field{"cause", &firing_began::cause});
  }

  bool operator==(const firing_began&) const = default;
};

/// A run is to end, because the next firing is due.
struct firing_stopping {
  std::string run;

  static constexpr const char* wire_name = "firing_stopping";

  static constexpr auto fields() {
    return wire::members(wire::field{"run", &firing_stopping::run});
  }

  bool operator==(const firing_stopping&) const = default;
};

/// A run has ended, or could not be begun.
struct firing_ended {
  std::string run;
  run_result result = run_result::done;
  std::string message;

  static constexpr const char* wire_name = "firing_ended";

  static constexpr auto fields() {
    return wire::members(wire::field{"run", &firing_ended::run},
                         wire::field{"result", &firing_ended::result},
                         wire::field{"message", &firing_ended::message});
  }

  bool operator==(const firing_ended&) const = default;
};

/// Everything that may stand in the log of a schedule.
using schedule_event =
  std::variant<schedule_created, schedule_changed, schedule_paused,
               schedule_resumed, schedule_deleted, firings_considered,
               firing_began, firing_stopping, firing_ended>;

} // namespace machine::orchestrator

// Compiled once, in codec.cpp.
extern template struct machine::wire::codec<
  machine::orchestrator::schedule_event>;
extern template struct machine::wire::message_codec<
  machine::orchestrator::schedule_event>;
