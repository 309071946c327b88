#pragma once

#include "runtime/entity/entity.hpp"
#include "runtime/entity/pieces.hpp"
#include "runtime/supervisor/status.hpp"
#include "runtime/wire/caf.hpp"

#include <caf/replies_to.hpp>
#include <caf/type_id.hpp>
#include <caf/typed_actor.hpp>

#include <vector>

/// Every type and atom that the actors of this floor send.

CAF_BEGIN_TYPE_ID_BLOCK(machine_runtime, caf::first_custom_type_id)

CAF_ADD_TYPE_ID(machine_runtime, (machine::entity::key))
CAF_ADD_TYPE_ID(machine_runtime, (machine::entity::live_piece))
CAF_ADD_TYPE_ID(machine_runtime, (machine::entity::published))
CAF_ADD_TYPE_ID(machine_runtime, (machine::store::stream_id))
CAF_ADD_TYPE_ID(machine_runtime, (machine::supervision::child_status))
CAF_ADD_TYPE_ID(machine_runtime,
                (std::vector<machine::supervision::child_status>))

// A command to an entity.
CAF_ADD_ATOM(machine_runtime, machine::atom, command, "command")
// The state of an entity.
CAF_ADD_ATOM(machine_runtime, machine::atom, inspect, "inspect")
// An entity and all that is kept of it is to go.
CAF_ADD_ATOM(machine_runtime, machine::atom, erase, "erase")
// Loads an entity without asking anything of it.
CAF_ADD_ATOM(machine_runtime, machine::atom, activate, "activate")
// An actor that waited for others goes on.
CAF_ADD_ATOM(machine_runtime, machine::atom, resume, "resume")
// Entities ask again for what is outstanding.
CAF_ADD_ATOM(machine_runtime, machine::atom, repeat, "repeat")
// An entity has nothing to do.
CAF_ADD_ATOM(machine_runtime, machine::atom, idle, "idle")
// An entity is to forget itself.
CAF_ADD_ATOM(machine_runtime, machine::atom, passivate, "passivate")
// An entity goes on living.
CAF_ADD_ATOM(machine_runtime, machine::atom, stay, "stay")
// The entity's log was read.
CAF_ADD_ATOM(machine_runtime, machine::atom, loaded, "loaded")
// What waited was decided.
CAF_ADD_ATOM(machine_runtime, machine::atom, decided, "decided")
// The store has answered an append.
CAF_ADD_ATOM(machine_runtime, machine::atom, committed, "committed")
// The time that an actor waited for has come.
CAF_ADD_ATOM(machine_runtime, machine::atom, wake, "wake")
// Events to followers, and who they are.
CAF_ADD_ATOM(machine_runtime, machine::atom, publish, "publish")
CAF_ADD_ATOM(machine_runtime, machine::atom, live, "live")
CAF_ADD_ATOM(machine_runtime, machine::atom, follow, "follow")
CAF_ADD_ATOM(machine_runtime, machine::atom, unfollow, "unfollow")

namespace machine::entity {

/// Somebody who wants to see what happens to an entity.
using follower_actor = caf::typed_actor<
  // Events that were committed just now.
  caf::reacts_to<atom::publish, published>,
  // Something to see and not to keep.
  caf::reacts_to<atom::live, live_piece>>;

} // namespace machine::entity

CAF_ADD_TYPE_ID(machine_runtime, (machine::entity::follower_actor))

CAF_END_TYPE_ID_BLOCK(machine_runtime)
