#pragma once

#include "actors/orchestrator/workflow/jq.hpp"
#include "actors/orchestrator/workflow/jq_protocol.hpp"

namespace machine::orchestrator {

/// Has a process evaluate that is ended when its time is over: `timeout`,
/// `limit_exceeded` (it needed too much memory), `unavailable` (none was free
/// for 10 s, or two were killed from outside one after the other).
caf::expected<jq_answer> ask_evaluator(const jq_request& what,
                                       const jq_limits& limits);

} // namespace machine::orchestrator
