#pragma once

#include "actors/models/catalogue_source.hpp"
#include "actors/models/select/interfaces.hpp"

#include <caf/actor_clock.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <map>
#include <memory>
#include <string>

namespace machine::models {

/// A provider that wants to be left alone.
struct provider_pause {
  caf::actor_clock::time_point since;
  caf::actor_clock::time_point until;
};

struct selector_state {
  std::shared_ptr<const catalogue_source> known;
  /// By provider.
  std::map<std::string, provider_pause> pauses;

  static inline const char* name = "selector";
};

/// @param self The actor handle.
/// @param known What there is to choose from, looked at for every choice.
selector_actor::behavior_type
selector(selector_actor::stateful_pointer<selector_state> self,
         std::shared_ptr<const catalogue_source> known);

} // namespace machine::models
