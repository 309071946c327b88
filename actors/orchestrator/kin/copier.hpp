#pragma once

#include "actors/orchestrator/ask/ask.hpp"
#include "runtime/pool.hpp"
#include "runtime/store/store.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <memory>

namespace machine::orchestrator {

/// Brings runs the history of those that they go on from, a piece each time.
using copier_actor = caf::typed_actor<
  // Reads events of another run and gives them to this one.
  caf::reacts_to<atom::command, entity::key, copy_history>,
  // What it waited for under this number is there.
  caf::reacts_to<atom::ready, uint64_t>>;

struct copier_state {
  // CAF would hand an aggregate the actor as its first member.
  copier_state() = default;

  entity::region_actor<run> runs;
  std::shared_ptr<store::engine> engine;
  std::shared_ptr<blocking_pool> pool;
  expectations expected;

  static inline const char* name = "copier";
};

/// @param self The actor handle.
copier_actor::behavior_type
copier(copier_actor::stateful_pointer<copier_state> self,
       entity::region_actor<run> runs, std::shared_ptr<store::engine> engine,
       std::shared_ptr<blocking_pool> pool);

} // namespace machine::orchestrator
