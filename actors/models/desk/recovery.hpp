#pragma once

#include "actors/models/desk/desk_state.hpp"

namespace machine::models {

/// Has the ledgers book what earlier starts have not told them, by their
/// journals, and removes each journal once all of it is booked.
void recover_journals(desk_state& state);

} // namespace machine::models
