#pragma once

#include "actors/orchestrator/ask/ask.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <map>
#include <optional>
#include <string>

namespace machine::orchestrator {

/// Carries word between a run and the runs that it calls, and asks again until
/// it has arrived: each counts once.
using kin_actor = caf::typed_actor<
  // Begins a run for a `call` step of a run, if there is none yet.
  caf::reacts_to<atom::command, entity::key, start_child>,
  // Asks such a run to end.
  caf::reacts_to<atom::command, entity::key, cancel_child>,
  // Tells the run that called one how it ended, and then that one that it
  // knows.
  caf::reacts_to<atom::command, entity::key, tell_parent>,
  // What it waited for under this number is there.
  caf::reacts_to<atom::ready, uint64_t>>;

struct kin_state {
  // CAF would hand an aggregate the actor as its first member.
  kin_state() = default;

  entity::region_actor<run> runs;
  expectations expected;
  /// Runs that are being begun, and why those among them are to end at once.
  std::map<entity::key, std::optional<std::string>> beginning;

  static inline const char* name = "kin";
};

/// @param self The actor handle.
kin_actor::behavior_type kin(kin_actor::stateful_pointer<kin_state> self,
                             entity::region_actor<run> runs);

} // namespace machine::orchestrator
