#pragma once

#include "actors/costs/ledger/state.hpp"

namespace machine::costs {

/// The highest threshold that the spending of *x* has passed; 0: none.
uint32_t passed_alert(const budget_state& x);

} // namespace machine::costs
