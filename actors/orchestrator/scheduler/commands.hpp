#pragma once

#include "actors/orchestrator/scheduler/events.hpp"

/// What a schedule may be asked to do.
namespace machine::orchestrator {

/// `conflict` if there is one of that name; one that was deleted may be made
/// anew.
struct create_schedule {
  std::string project;
  std::string name;
  schedule_spec spec;
  run_created what;

  static constexpr const char* wire_name = "create_schedule";

  static constexpr auto fields() {
    return wire::members(wire::field{"project", &create_schedule::project},
                         wire::field{"name", &create_schedule::name},
                         wire::field{"spec", &create_schedule::spec},
                         wire::field{"what", &create_schedule::what});
  }

  bool operator==(const create_schedule&) const = default;
};

/// Firings that were due before are not begun by it.
struct change_schedule {
  /// What the state said when it was read; `conflict` if it has changed since.
  uint64_t version = 0;
  schedule_spec spec;
  run_created what;

  static constexpr const char* wire_name = "change_schedule";

  static constexpr auto fields() {
    return wire::members(wire::field{"version", &change_schedule::version},
                         wire::field{"spec", &change_schedule::spec},
                         wire::field{"what", &change_schedule::what});
  }

  bool operator==(const change_schedule&) const = default;
};

struct pause_schedule {
  std::string by;
  std::string reason;

  static constexpr const char* wire_name = "pause_schedule";

  static constexpr auto fields() {
    return wire::members(wire::field{"by", &pause_schedule::by},
                         wire::field{"reason", &pause_schedule::reason});
  }

  bool operator==(const pause_schedule&) const = default;
};

struct resume_schedule {
  std::string by;

  static constexpr const char* wire_name = "resume_schedule";

  static constexpr auto fields() {
    return wire::members(wire::field{"by", &resume_schedule::by});
  }

  bool operator==(const resume_schedule&) const = default;
};

struct delete_schedule {
  std::string by;

  static constexpr const char* wire_name = "delete_schedule";

  static constexpr auto fields() {
    return wire::members(wire::field{"by", &delete_schedule::by});
  }

  bool operator==(const delete_schedule&) const = default;
};

/// Begins a run now, paused or not, with the overlap policy of the schedule;
/// `conflict` if that one skips it.
struct trigger_schedule {
  std::string by;

  static constexpr const char* wire_name = "trigger_schedule";

  static constexpr auto fields() {
    return wire::members(wire::field{"by", &trigger_schedule::by});
  }

  bool operator==(const trigger_schedule&) const = default;
};

/// A run that it has begun has ended, or could not be begun.
struct firing_is_over {
  std::string run;
  run_result result = run_result::done;
  std::string message;

  static constexpr const char* wire_name = "firing_is_over";

  static constexpr auto fields() {
    return wire::members(wire::field{"run", &firing_is_over::run},
                         wire::field{"result", &firing_is_over::result},
                         wire::field{"message", &firing_is_over::message});
  }

  bool operator==(const firing_is_over&) const = default;
};

/// Its time has come.
struct wake_schedule {
  static constexpr const char* wire_name = "wake_schedule";

  static constexpr auto fields() {
    return wire::members();
  }

  bool operator==(const wake_schedule&) const = default;
};

using schedule_command =
  std::variant<create_schedule, change_schedule, pause_schedule,
               resume_schedule, delete_schedule, trigger_schedule,
               firing_is_over, wake_schedule>;

} // namespace machine::orchestrator

// Compiled once, in codec.cpp.
extern template struct machine::wire::codec<
  machine::orchestrator::schedule_command>;
extern template struct machine::wire::message_codec<
  machine::orchestrator::schedule_command>;
