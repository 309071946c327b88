#pragma once

#include "actors/orchestrator/run/planner.hpp"

/// What a run does when something was under way and nobody knows how it went,
/// and with the answers of people.
namespace machine::orchestrator {

/// Charges the open effects of an activation whose worker will not speak of
/// them any more: they may have been paid for.
void lose_open_effects(planner& plan, const std::string& activation);

/// Whether *there* has an open effect that may not be repeated.
bool has_doubtful_effects(const activation& there);

/// The worker of *there*, which has a live attempt, is gone: another one goes
/// on under a new token, or an operator is asked about each effect that may not
/// be repeated.
/// @param how Begins the question: how the worker went.
void lose_worker(planner& plan, const activation& there,
                 const std::string& how);

/// Continues after the interrupt *asked* with *answer*, which satisfies its
/// schema.
void act_on_answer(planner& plan, const interrupt& asked,
                   const json_text& answer);

} // namespace machine::orchestrator
