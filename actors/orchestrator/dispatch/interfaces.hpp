#pragma once

#include "actors/messages.hpp"
#include "runtime/entity/interfaces.hpp"

namespace machine::orchestrator {

using run_region = entity::region_actor<run>;

/// Performs one attempt and reports to its run.
using attempt_actor = caf::typed_actor<
  // Stops what it does and tells the run when nothing of it lives.
  caf::reacts_to<atom::stop>,
  // What it waited for under this number is there.
  caf::reacts_to<atom::ready, uint64_t>,
  // A piece for those who watch: its kind ("text" of a model, "output" of a
  // command) and what it says.
  caf::reacts_to<atom::piece, std::string, std::string>,
  // Its time is over.
  caf::reacts_to<atom::expire>>;

/// Gives attempts to workers, as many at a time as this node can bear, and
/// makes sure that every run hears how its attempts end.
using dispatch_actor = caf::typed_actor<
  // Has the attempt of a run performed, now or when there is room.
  caf::reacts_to<atom::start, entity::key, attempt_order>,
  // Stops the attempt of a run with this token.
  caf::reacts_to<atom::stop, entity::key, std::string, uint64_t>,
  // Tells the run if nobody performs its attempt with this token.
  caf::reacts_to<atom::probe, entity::key, std::string, uint64_t>,
  // Nothing of the worker that had this attempt of a run lives any more.
  caf::reacts_to<atom::gone, entity::key, std::string>,
  // What it waited for under this number is there.
  caf::reacts_to<atom::ready, uint64_t>>;

} // namespace machine::orchestrator
