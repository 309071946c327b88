#pragma once

#include "actors/models/selector.hpp"

namespace machine::models {

/// What part of its bound an answer is taken to fill, as a divisor, where
/// nothing is known of answers of its kind.
constexpr uint32_t usual_share_of_answer = 4;

/// What a call to *x* costs by its list price, if the prompt is as long as
/// estimated and of its dearest kind, and the answer has *answer_tokens*. 0 if
/// the price is unknown.
micro_usd list_cost(const model_entry& x, const selection_request& what,
                    uint64_t answer_tokens);

/// The models that break no hard constraint of *what*, by id, and the reason
/// for every other one; they are not ranked yet, and `why` is empty. Fails as
/// `select` does.
caf::expected<decision> admit(const catalogue& from,
                              const selection_request& what);

} // namespace machine::models
