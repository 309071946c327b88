#pragma once

#include "actors/orchestrator/run/commands.hpp"
#include "actors/orchestrator/run/state.hpp"
#include "runtime/error.hpp"

/// Whether a worker may do what it asks for, and say what it says.
namespace machine::orchestrator {

/// `not_found` if *run* has no activation *id*; `fenced` unless *token* is
/// that of its live attempt.
caf::error check_token(const run_state& now, const std::string& run,
                       const std::string& id, uint64_t token);

/// `invalid_argument` unless the effect is named after its attempt, by which it
/// is found again, and `limit_exceeded` if it is too large to be recorded.
caf::error check_intent(const activation& there, const intend_effect& x);

/// `budget_exceeded` unless the lease fits into what is left for the run, the
/// step and every block around it.
caf::error check_budget(const run_state& now, const activation& there,
                        const intend_effect& x);

/// `invalid_argument` if *activation* is the machine's own work, whose end is
/// told with a command of its own.
caf::error check_is_step(const std::string& activation);

} // namespace machine::orchestrator
