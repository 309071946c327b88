#include "actors/models/routing/exploration.hpp"

#include <algorithm>

namespace machine::models {

micro_usd exploration_left(const exploration_ledger& x,
                           const exploration_rule& rule, timestamp now) {
  if (!rule.on)
    return 0;
  auto over = now >= x.since + rule.window;
  return std::max<micro_usd>(0, rule.budget - (over ? 0 : x.spent));
}

void spend_on_exploring(exploration_ledger& x, const exploration_rule& rule,
                        micro_usd cost, timestamp now) {
  if (now >= x.since + rule.window)
    x = {now, 0};
  x.spent = std::min(x.spent + std::max<micro_usd>(cost, 0), costs::max_amount);
}

} // namespace machine::models
