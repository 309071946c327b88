#pragma once

#include "actors/tracker/state.hpp"

namespace machine::tracker {

/// Whether another run may begin to work.
bool is_place_free(const project_state& now);

} // namespace machine::tracker
