#pragma once

#include "actors/costs/ledger/events.hpp"

namespace machine::costs {

/// What a budget has, for a node that wants some.
struct budget_room {
  micro_usd limit = 0;
  micro_usd settled = 0;
  /// By all holders, this one included.
  micro_usd leased = 0;
  /// By this one.
  micro_usd held = 0;
  budget_kind kind = budget_kind::hard;
};

struct granted_money {
  micro_usd amount = 0;
  std::optional<shortage> lack{};

  bool operator==(const granted_money&) const = default;
};

/// How much a node may hold that needs *need* and would like *want*. Giving
/// back is always possible. What exceeds the need comes out of half of what is
/// free at most, so that whoever asks first does not take all. Where the need
/// cannot be met, it keeps what it has.
granted_money grant(const budget_room& of, micro_usd need, micro_usd want);

} // namespace machine::costs
