#pragma once

#include "actors/orchestrator/ask/ask.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace machine::orchestrator {

/// Carries money matters between runs and their projects, and asks again until
/// they are settled: both sides count each matter once.
using bookkeeper_actor = caf::typed_actor<
  // Has the project give a run a place and its budget, and tells the run, also
  // that it has to wait.
  caf::reacts_to<atom::command, entity::key, request_budget>,
  // Tells a run that waited that its project has a place for it.
  caf::reacts_to<atom::command, entity::key, tracker::admit_run>,
  // Tells a run that waited that it cannot begin.
  caf::reacts_to<atom::command, entity::key, tracker::refuse_run>,
  // Has the project book charges of a run, and tells the run.
  caf::reacts_to<atom::command, entity::key, post_charges>,
  // Tells the project that a run has ended, and the run that it knows.
  caf::reacts_to<atom::command, entity::key, close_books>,
  // What it waited for under this number is there.
  caf::reacts_to<atom::ready, uint64_t>>;

struct bookkeeper_state {
  // CAF would hand an aggregate the actor as its first member.
  bookkeeper_state() = default;

  entity::region_actor<run> runs;
  entity::region_actor<tracker::project> projects;
  expectations expected;

  static inline const char* name = "bookkeeper";
};

/// @param self The actor handle.
bookkeeper_actor::behavior_type
bookkeeper(bookkeeper_actor::stateful_pointer<bookkeeper_state> self,
           entity::region_actor<run> runs,
           entity::region_actor<tracker::project> projects);

} // namespace machine::orchestrator
