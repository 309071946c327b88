#pragma once

#include "actors/orchestrator/ask/ask.hpp"
#include "actors/orchestrator/scheduler/run_schedule.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <map>
#include <optional>
#include <string>

namespace machine::orchestrator {

/// Carries word between schedules and the runs that they begin, and asks again
/// until it has arrived: each counts once.
using scheduler_actor = caf::typed_actor<
  // Begins a run for a schedule, if there is none yet.
  caf::reacts_to<atom::command, entity::key, start_firing>,
  // Asks such a run to end.
  caf::reacts_to<atom::command, entity::key, stop_firing>,
  // Tells the schedule of a run how it ended, and then the run that it knows.
  caf::reacts_to<atom::command, entity::key, tell_schedule>,
  // What it waited for under this number is there.
  caf::reacts_to<atom::ready, uint64_t>>;

struct scheduler_state {
  // CAF would hand an aggregate the actor as its first member.
  scheduler_state() = default;

  entity::region_actor<run> runs;
  entity::region_actor<run_schedule> schedules;
  expectations expected;
  /// Runs that are being begun, and why those among them are to end at once.
  std::map<entity::key, std::optional<std::string>> beginning;

  static inline const char* name = "scheduler";
};

/// @param self The actor handle.
scheduler_actor::behavior_type
scheduler(scheduler_actor::stateful_pointer<scheduler_state> self,
          entity::region_actor<run> runs,
          entity::region_actor<run_schedule> schedules);

} // namespace machine::orchestrator
