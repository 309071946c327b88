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

/// The workers of one node: begins what dispatch orders, and tells it who ends.
using workers_actor = caf::typed_actor<
  // Begins an attempt of a run, if this answers its offer of that round; what
  // crosses a newer offer is not begun.
  caf::reacts_to<atom::start, entity::key, attempt_order, uint64_t>,
  // Stops the attempt of a run with this token.
  caf::reacts_to<atom::stop, entity::key, std::string, uint64_t>,
  // The sender has taken the offer of that round.
  caf::reacts_to<atom::accept, uint64_t>,
  // Nothing of whoever was at this activation of a run lives any more.
  caf::reacts_to<atom::gone, entity::key, std::string>,
  // Offers itself again: dispatch has forgotten it.
  caf::reacts_to<atom::repeat>,
  // Offers itself again if nobody has taken the offer of that round.
  caf::reacts_to<atom::wake, uint64_t>>;

/// Gives attempts to pools of workers, as many as each has credit for, and
/// makes sure that every run hears how its attempts end.
using dispatch_actor = caf::typed_actor<
  // Has the attempt of a run performed, now or when there is room.
  caf::reacts_to<atom::start, entity::key, attempt_order>,
  // Stops the attempt of a run with this token.
  caf::reacts_to<atom::stop, entity::key, std::string, uint64_t>,
  // Tells the run if nobody performs its attempt with this token.
  caf::reacts_to<atom::probe, entity::key, std::string, uint64_t>,
  // The sender is a pool of workers, a `workers_actor`.
  caf::reacts_to<atom::join, pool_offer>,
  // In the sender the worker of this attempt ended.
  caf::reacts_to<atom::ended, entity::key, std::string, uint64_t, attempt_end>,
  // In the sender nothing lives any more of the worker that was at this
  // activation of a run.
  caf::reacts_to<atom::gone, entity::key, std::string>,
  // The sender can take more attempts.
  caf::reacts_to<atom::credit, int64_t>,
  // What it waited for under this number is there.
  caf::reacts_to<atom::ready, uint64_t>,
  // The time of something has come.
  caf::reacts_to<atom::wake>>;

} // namespace machine::orchestrator
