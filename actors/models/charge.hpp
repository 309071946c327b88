#pragma once

#include "actors/costs/money.hpp"
#include "actors/models/provider.hpp"

namespace machine::models {

/// What a call is charged for. A complete answer costs what the provider has
/// counted, and its whole *lease* if it counted nothing. A call that failed
/// costs nothing if the provider did not take it, and what was counted if it
/// was refused for its content; otherwise its lease, since what was counted
/// before the end is no count of the whole.
micro_usd charge_for(const costs::price& per_million, micro_usd lease,
                     const call_outcome& outcome);

} // namespace machine::models
