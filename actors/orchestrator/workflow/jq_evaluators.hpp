#pragma once

#include "actors/orchestrator/workflow/jq.hpp"
#include "actors/orchestrator/workflow/jq_protocol.hpp"

#include <chrono>

namespace machine::orchestrator {

/// What became of an evaluation.
struct evaluation {
  caf::expected<jq_answer> answer;
  /// How long a processor worked for it, as far as that is known.
  std::chrono::nanoseconds worked{0};
};

/// Has a process evaluate that is ended when its time is over: `timeout`,
/// `limit_exceeded` (it needed too much memory), `unavailable` (two one after
/// the other were killed from outside or did not get to work). Blocks.
evaluation ask_evaluator(const jq_request& what, const jq_limits& limits);

} // namespace machine::orchestrator
