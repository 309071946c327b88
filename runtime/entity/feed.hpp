#pragma once

#include "runtime/entity/interfaces.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <map>
#include <vector>

namespace machine::entity {

struct feed_state {
  std::map<store::stream_id, std::vector<follower_actor>> followers;

  static inline const char* name = "feed";
};

/// @param self The actor handle.
feed_actor::behavior_type feed(feed_actor::stateful_pointer<feed_state> self);

} // namespace machine::entity
