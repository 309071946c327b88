#pragma once

#include "actors/orchestrator/ask/ask.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace machine::orchestrator {

/// Carries money matters between runs, their projects and the ledger of their
/// tenant, and asks again until they are settled: each side counts each matter
/// once. A project gives a place first, so that no run that waits for one holds
/// money that others need.
using bookkeeper_actor = caf::typed_actor<
  // Has the project give a run a place, and it and the ledger its budget, and
  // tells the run, also that it has to wait.
  caf::reacts_to<atom::command, entity::key, request_budget>,
  // Tells a run that waited that its project has a place for it.
  caf::reacts_to<atom::command, entity::key, tracker::admit_run>,
  // Tells a run that waited that it cannot begin.
  caf::reacts_to<atom::command, entity::key, tracker::refuse_run>,
  // Has the project and the ledger book charges of a run, and tells the run.
  caf::reacts_to<atom::command, entity::key, post_charges>,
  // Tells the project and the ledger that a run has ended, and the run that
  // they know.
  caf::reacts_to<atom::command, entity::key, close_books>,
  // What it waited for under this number is there.
  caf::reacts_to<atom::ready, uint64_t>>;

struct bookkeeper_state {
  // CAF would hand an aggregate the actor as its first member.
  bookkeeper_state() = default;

  entity::region_actor<run> runs;
  entity::region_actor<tracker::project> projects;
  entity::region_actor<costs::ledger> ledgers;
  expectations expected;

  static inline const char* name = "bookkeeper";
};

/// @param self The actor handle.
bookkeeper_actor::behavior_type
bookkeeper(bookkeeper_actor::stateful_pointer<bookkeeper_state> self,
           entity::region_actor<run> runs,
           entity::region_actor<tracker::project> projects,
           entity::region_actor<costs::ledger> ledgers);

} // namespace machine::orchestrator
