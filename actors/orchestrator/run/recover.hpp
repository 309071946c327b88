#pragma once

#include "actors/orchestrator/run/planner.hpp"

/// What a run does when something was under way and nobody knows how it went,
/// and with the answers of people.
namespace machine::orchestrator {

/// Charges the open effects of an activation whose worker will not speak of
/// them any more: they may have been paid for.
void lose_open_effects(planner& plan, const std::string& activation);

/// After the run was loaded: every live attempt has lost its worker. Attempts
/// whose open effects may be repeated go on under a new token; about others an
/// operator is asked.
void recover(planner& plan, const run_state& now);

/// Continues after the interrupt *asked* with *answer*, which satisfies its
/// schema.
/// @returns the blobs that the events refer to.
std::vector<bytes> act_on_answer(planner& plan, const interrupt& asked,
                                 const json_text& answer);

} // namespace machine::orchestrator
