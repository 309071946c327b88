#pragma once

#include "actors/messages.hpp"

#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>

namespace machine::models {

/// Has calls of models made; see `desk`.
using desk_actor = caf::typed_actor<
  // There are notes in the inbox.
  caf::reacts_to<atom::ready>,
  // It is time for something.
  caf::reacts_to<atom::wake>>;

} // namespace machine::models
