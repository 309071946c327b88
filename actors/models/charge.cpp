#include "actors/models/charge.hpp"

#include <algorithm>

namespace machine::models {

micro_usd charge_for(const costs::price& per_million, micro_usd lease,
                     const call_outcome& outcome) {
  if (outcome.response) {
    auto& usage = outcome.response->usage;
    return usage ? costs::cost(per_million, *usage) : lease;
  }
  if (!outcome.accepted)
    return 0;
  auto counted = outcome.usage ? costs::cost(per_million, *outcome.usage) : 0;
  // There is no more of the answer than what was counted.
  if (outcome.usage && code_of(outcome.response.error()) == ec::content_refused)
    return counted;
  return std::max(lease, counted);
}

} // namespace machine::models
