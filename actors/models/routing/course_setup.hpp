#pragma once

#include "actors/models/routing/cascade.hpp"
#include "actors/models/routing/course.hpp"
#include "actors/models/routing/learner.hpp"
#include "actors/models/selector.hpp"

namespace machine::models {

/// How a call is made under *policy*.
course_rule course_rule_of(const routing_policy& policy, repetition again);

/// Moves the models of *row* to the front of *ranked*, in its order, and says
/// why.
void put_first(decision& ranked, const cascade& row);

/// The candidates of *ranked* as a course takes them: with a time for hedging
/// if *policy* hedges. Which of them `continues` is left to whoever knows how
/// their providers are spoken to.
std::vector<course_candidate> course_candidates_of(const decision& ranked,
                                                   const catalogue& from,
                                                   const routing_policy& policy,
                                                   const learner& knows);

} // namespace machine::models
