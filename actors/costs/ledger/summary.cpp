#include "actors/costs/ledger/summary.hpp"

#include <algorithm>

namespace machine::costs {

micro_usd settled_at(const budget_state& x, timestamp now) {
  if (period_of(x.what, now) <= x.sum.period)
    return x.sum.settled;
  auto sum = x.sum;
  roll(sum, x.what, now);
  return sum.settled;
}

micro_usd free_at(const budget_state& x, timestamp now) {
  return x.what.limit - settled_at(x, now) - x.leased;
}

budget_summary summary_of(const budget_state& x, timestamp now) {
  return {x.what,   x.since,         settled_at(x, now),
          x.leased, free_at(x, now), end_of_window(x.what, now)};
}

const std::pair<const std::string, budget_state>*
find_budget(const std::map<std::string, budget_state>& among,
            std::string_view id) {
  auto i = std::find_if(among.begin(), among.end(),
                        [&](auto& x) { return x.second.what.id == id; });
  return i == among.end() ? nullptr : &*i;
}

} // namespace machine::costs
