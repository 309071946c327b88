#include "actors/models/routing/course_setup.hpp"

#include <algorithm>

namespace machine::models {

course_rule course_rule_of(const routing_policy& policy, repetition again) {
  course_rule result;
  result.fallback = policy.fallback;
  result.again = again;
  return result;
}

void put_first(decision& ranked, const cascade& row) {
  auto place = [&](const candidate& x) {
    return std::find_if(row.order.begin(), row.order.end(),
                        [&](auto& y) { return y.model == x.model; })
         - row.order.begin();
  };
  std::stable_sort(ranked.candidates.begin(), ranked.candidates.end(),
                   [&](auto& a, auto& b) { return place(a) < place(b); });
  ranked.why = row.why;
}

std::vector<course_candidate> course_candidates_of(const decision& ranked,
                                                   const catalogue& from,
                                                   const routing_policy& policy,
                                                   const learner& knows) {
  std::vector<course_candidate> result;
  for (auto& x : ranked.candidates) {
    auto model = from.models.find(x.model);
    // It has been taken out of the catalogue since.
    if (model == from.models.end())
      continue;
    course_candidate one;
    one.model = x.model;
    one.provider = model->second.provider;
    one.context_tokens = model->second.context_tokens;
    one.worst_case = x.worst_case;
    if (policy.hedging.on)
      one.hedge_after =
        expected_first_byte(knows, x.model, policy.hedging.quantile);
    result.push_back(std::move(one));
  }
  return result;
}

} // namespace machine::models
