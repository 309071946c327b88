#include "actors/models/routing/outcome.hpp"

#include <algorithm>

namespace machine::models {

std::optional<reward> reward_of(const answer_verdict& x) {
  if (x.refused || x.garbled)
    return reward{0, 1};
  double good = 0;
  double all = 0;
  auto count = [&](const std::optional<bool>& known, double weight) {
    if (!known)
      return;
    all += weight;
    good += *known ? weight : 0;
  };
  count(x.schema_valid, schema_weight);
  count(x.tests_passed, tests_weight);
  count(x.accepted, person_weight);
  if (x.escalated)
    count(false, escalation_weight);
  if (all == 0)
    return std::nullopt;
  return reward{good / all, std::min(all, 1.0)};
}

} // namespace machine::models
