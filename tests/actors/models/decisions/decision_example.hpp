#pragma once

#include "actors/models/decisions/record.hpp"
#include "actors/models/desk/call_id.hpp"

namespace machine::test {

/// A call that *model* answered at *at*, the *number*th of its time.
inline models::decision_record
example_decision(timestamp at, uint64_t number,
                 const std::string& model = "small") {
  models::decision_record x;
  x.id = models::new_call_id(at, number, number);
  x.at = at;
  x.ended_at = at + duration{200};
  x.whose.principal = "ada";
  x.whose.key = "k1";
  x.asked.model = "auto";
  x.asked.policy = "default";
  x.asked.job = "general";
  x.asked.prompt_tokens = 10;
  x.asked.max_output_tokens = 100;
  models::candidate best;
  best.model = model;
  best.quality = 0.7;
  best.expected = 20;
  x.chosen.candidates.push_back(best);
  x.chosen.rejections.push_back({"free", "its price is unknown"});
  x.chosen.why = model + " is the cheapest that is good enough";
  x.candidates = 1;
  x.rejections = 1;
  models::decision_try one;
  one.model = model;
  one.provider = "one";
  one.asked = true;
  one.cost = 15;
  one.first_byte = duration{50};
  one.took = duration{200};
  one.usage = models::token_usage{10, 0, 5};
  x.tries.push_back(one);
  x.result.end = models::decision_end::answered;
  x.result.model = model;
  x.result.provider = "one";
  x.result.cost = 15;
  x.result.took = duration{200};
  x.result.answered_by = 0;
  x.needs.emplace();
  x.needs->prompt_tokens = x.needs->estimated_tokens = 10;
  x.needs->max_output_tokens = 100;
  return x;
}

} // namespace machine::test
