#pragma once

#include "actors/messages.hpp"

#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>

namespace machine::models {

/// Chooses models; knows which providers have no key and which need a pause.
using selector_actor = caf::typed_actor<
  // Responds with the ranked and explained choice; see `decision::wait`.
  caf::replies_to<atom::select, selection_request>::with<decision>,
  // A call to a provider (by name) ended with this error code (by name; empty
  // if it went well), was asked to wait for so many milliseconds, and took so
  // many.
  caf::reacts_to<atom::report, std::string, std::string, int64_t, int64_t>>;

} // namespace machine::models
