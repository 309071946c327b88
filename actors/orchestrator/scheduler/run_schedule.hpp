#pragma once

#include "actors/orchestrator/scheduler/commands.hpp"
#include "actors/orchestrator/scheduler/state.hpp"
#include "runtime/entity/entity.hpp"

namespace machine::orchestrator {

/// Begin a run, if it was not begun yet.
struct start_firing {
  std::string run;
  run_created what;

  static constexpr const char* wire_name = "start_firing";

  static constexpr auto fields() {
    return wire::members(wire::field{"run", &start_firing::run},
                         wire::field{"what", &start_firing::what});
  }
};

/// Ask a run to end.
struct stop_firing {
  std::string run;
  std::string reason;

  static constexpr const char* wire_name = "stop_firing";

  static constexpr auto fields() {
    return wire::members(wire::field{"run", &stop_firing::run},
                         wire::field{"reason", &stop_firing::reason});
  }
};

/// What a schedule does to the outside, after the commit.
using schedule_effect = std::variant<start_firing, stop_firing>;

/// Begins runs again and again, when a cron expression says so: the core of the
/// entity `schedule`, whose id is made by `schedule_id`.
///
/// Each firing is an event before it is a run, and its run has an id that the
/// event tells: after a crash between the two the same run is begun, and never
/// another. A run tells its schedule when it has ended.
struct run_schedule {
  using state = run_schedule_state;
  using command = schedule_command;
  using event = schedule_event;
  using effect = schedule_effect;

  static constexpr const char* kind = "schedule";
  static constexpr const char* snapshot_schema = "schedule.1";

  /// Refuses with `not_found`, `conflict`, `invalid_argument`,
  /// `limit_exceeded`, or `unavailable` (there are no time zones here).
  static caf::error decide(entity::draft<run_schedule>& to,
                           const command& what);

  static void apply(state& draft, const event& what, timestamp at);

  static std::vector<effect> react(const state& now, const event& what,
                                   const entity::key& id);

  static std::vector<effect> outstanding(const state& now,
                                         const entity::key& id);

  static std::optional<command> on_wake();

  static std::optional<timestamp> wake_at(const state& now);

  /// It fires no more, or pauses, and nothing of it is at work.
  static bool idle(const state& now);

  /// Fields: `project`, `listed` (it was not deleted), `open` (whether it is
  /// to be loaded at start).
  static store::summary_row summarise(const state& now, const entity::key& id);
};

/// Of the name of a schedule, in bytes.
constexpr size_t max_schedule_name = 64;

/// The id of the schedule *name* of *project*. Names have no dots.
std::string schedule_id(const std::string& project, const std::string& name);

/// `invalid_argument` unless *name* has 1 to 64 letters, digits, `-` and `_`.
caf::error check_schedule_name(const std::string& name);

} // namespace machine::orchestrator

// Compiled once, in codec.cpp.
extern template struct machine::wire::codec<
  machine::orchestrator::start_firing>;
extern template struct machine::wire::message_codec<
  machine::orchestrator::start_firing>;
extern template struct machine::wire::codec<machine::orchestrator::stop_firing>;
extern template struct machine::wire::message_codec<
  machine::orchestrator::stop_firing>;
extern template struct machine::wire::codec<
  machine::entity::outcome<machine::orchestrator::run_schedule>>;
extern template struct machine::wire::message_codec<
  machine::entity::outcome<machine::orchestrator::run_schedule>>;
extern template struct machine::wire::codec<
  machine::entity::recorded<machine::orchestrator::schedule_event>>;
extern template struct machine::wire::message_codec<
  machine::entity::recorded<machine::orchestrator::schedule_event>>;
