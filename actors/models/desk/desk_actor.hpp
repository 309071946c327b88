#pragma once

#include "actors/models/desk/desk_state.hpp"

namespace machine::models {

/// @param self The actor handle.
/// @param uses What it is made of.
/// @param start Names this start among all that the machine ever has.
desk_actor::behavior_type
serve_desk(desk_actor::stateful_pointer<desk_state> self, desk_services uses,
           std::string start);

} // namespace machine::models
