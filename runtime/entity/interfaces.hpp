#pragma once

#include "runtime/messages.hpp"

#include <caf/actor.hpp>
#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>

namespace machine::entity {

/// One entity of the core *E*. Only its REGION speaks to it.
template <class E>
using entity_actor = caf::typed_actor<
  // Decides, commits, and then answers with what happened.
  typename caf::replies_to<atom::command,
                           typename E::command>::template with<outcome<E>>,
  // The same if the number of the last event is the given one, else `changed`.
  typename caf::replies_to<atom::command, typename E::command,
                           uint64_t>::template with<outcome<E>>,
  // Responds with the state, all of it durable.
  typename caf::replies_to<atom::inspect>::template with<typename E::state>,
  // Erases the log and all that is kept of it, if the core allows it, and
  // answers with true after the commit. `not_found` if it has no events.
  caf::replies_to<atom::erase>::with<bool>,
  // Does nothing; the entity is loaded by the time it does it.
  caf::reacts_to<atom::activate>,
  // Does again what is `outstanding`.
  caf::reacts_to<atom::repeat>,
  // Quits, or tells the region that it stays because it has work.
  caf::reacts_to<atom::passivate>,
  // Its log was read.
  caf::reacts_to<atom::loaded>,
  // What waited was decided elsewhere.
  caf::reacts_to<atom::decided>,
  // The store has answered.
  caf::reacts_to<atom::committed>,
  // Its time has come.
  caf::reacts_to<atom::wake, uint64_t>>;

/// The door to all entities of the core *E*: callers hold this handle and a
/// key, and never know where an entity lives.
template <class E>
using region_actor = caf::typed_actor<
  // Forwards to the entity, which is loaded first if it is not.
  typename caf::replies_to<atom::command, key,
                           typename E::command>::template with<outcome<E>>,
  // The same if the number of the last event is the given one, else `changed`:
  // somebody else was faster.
  typename caf::replies_to<atom::command, key, typename E::command,
                           uint64_t>::template with<outcome<E>>,
  // Responds with the state of the entity; `not_found` if it has no events.
  typename caf::replies_to<atom::inspect,
                           key>::template with<typename E::state>,
  // Erases the entity: what comes after finds none. Fails with what the core
  // says, with `not_found`, or with `denied` if such entities are never erased.
  caf::replies_to<atom::erase, key>::with<bool>,
  // Loads the entity, so that it goes on with what it has left to do.
  caf::reacts_to<atom::activate, key>,
  // Who does effects has forgotten some: all that are loaded do again what is
  // `outstanding`.
  caf::reacts_to<atom::repeat>,
  // An entity has nothing to do and may be forgotten.
  caf::reacts_to<atom::idle, key>,
  // An entity that was asked to quit has work after all.
  caf::reacts_to<atom::stay, key>>;

/// Tells followers of a log what is committed to it, and of what happens
/// meanwhile. It keeps nothing: a follower reads the log for what it missed.
using feed_actor = caf::typed_actor<
  // Passes committed events to the log's followers.
  caf::reacts_to<atom::publish, published>,
  // Passes a live piece to the log's followers.
  caf::reacts_to<atom::live, store::stream_id, live_piece>,
  // From now on the actor receives `(publish, published)` and `(live,
  // live_piece)` of this log, until it ends or unfollows. Responds with true
  // when that is so: what is committed later will reach it.
  caf::replies_to<atom::follow, store::stream_id, follower_actor>::with<bool>,
  caf::reacts_to<atom::unfollow, store::stream_id, follower_actor>>;

} // namespace machine::entity
