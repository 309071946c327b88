#pragma once

#include "actors/orchestrator/workflow/jq.hpp"
#include "actors/orchestrator/workflow/workflow.hpp"
#include "runtime/error.hpp"

namespace machine::orchestrator {

/// *what* with its templates replaced by what they yield in *scope*. Templates
/// of text that yield something else become its JSON.
caf::expected<step_action> render_action(const step_action& what,
                                         const jq_scope& scope, jq_budget& jq);

/// The action as workers receive it: the described type as JSON.
json_text to_request(const step_action& what);

/// The schema of the answer to *what*; the usual one if it names none.
json_text answer_schema(const approve_step& what);

} // namespace machine::orchestrator
