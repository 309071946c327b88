#include "actors/costs/ledger/grant.hpp"

#include <algorithm>

namespace machine::costs {

granted_money grant(const budget_room& of, micro_usd need, micro_usd want) {
  want = std::max(want, need);
  if (of.kind == budget_kind::soft || want <= of.held)
    return {want};
  // The limit may have been lowered below what is in use.
  auto free = std::max<micro_usd>(of.limit - of.settled - of.leased, 0);
  if (need > of.held + free)
    return {of.held, shortage::lacking};
  auto spare = std::max(need, of.held + free / 2);
  return {std::min(want, spare)};
}

} // namespace machine::costs
