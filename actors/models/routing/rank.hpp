#pragma once

#include "actors/models/routing/learner.hpp"
#include "actors/models/routing/policy.hpp"
#include "actors/models/routing/signals.hpp"
#include "actors/models/selector.hpp"

namespace machine::models {

/// A pause that is no longer than this is waited for rather than asking
/// another provider.
constexpr duration worth_waiting{2'000};

/// The models that may answer *what*, the best first, and why: hard constraints
/// of the request and the policy, then what is not healthy now, then
/// `utility` of what has been learned. What is good enough comes before what is
/// not; of what is not, the better one comes first.
///
/// In some of the calls (`exploration_rule::share`), while there is money for
/// it, qualities are drawn from what is known of them instead (Thompson
/// sampling), and the model that wins then comes first, marked as explored.
/// Nothing is explored where a model was asked for by name.
///
/// With `preference::cheap` and nothing learned this is `select`.
///
/// Where only pauses, breakers and full models stand in the way, `wait` says
/// how long, and the candidates are those of after it. Fails as `select` does.
///
/// @param random 64 random bits; the same ones make the same choice.
caf::expected<decision> rank(const catalogue& from,
                             const selection_request& what,
                             const routing_policy& policy, const learner& knows,
                             const signals& now, uint64_t random);

} // namespace machine::models
