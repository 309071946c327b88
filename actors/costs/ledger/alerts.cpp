#include "actors/costs/ledger/alerts.hpp"

namespace machine::costs {

uint32_t passed_alert(const budget_state& x) {
  uint32_t highest = 0;
  for (auto percent : x.what.alerts)
    // Amounts are at most 10^15, so neither side overflows.
    if (percent > highest && x.sum.settled > 0
        && x.sum.settled >= (x.what.limit / 100) * percent
                              + (x.what.limit % 100) * percent / 100)
      highest = percent;
  return highest;
}

} // namespace machine::costs
