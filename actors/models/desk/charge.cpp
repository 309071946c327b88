#include "actors/models/desk/charge.hpp"

#include <algorithm>

namespace machine::models {

micro_usd charge_for(const call_record& what, const call_outcome& outcome) {
  if (outcome.response && outcome.response->usage)
    return costs::cost(what.price, *outcome.response->usage);
  if (!outcome.response && !outcome.accepted)
    return 0;
  auto counted = outcome.usage ? costs::cost(what.price, *outcome.usage) : 0;
  if (what.hides_thoughts || !what.began)
    return std::max(what.reserved, counted);
  auto seen = costs::worst_case(what.price, what.prompt, what.seen_tokens);
  return std::max(std::min(seen, what.reserved), counted);
}

} // namespace machine::models
