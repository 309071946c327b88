#pragma once

#include "actors/orchestrator/run/state.hpp"

namespace machine::orchestrator {

/// What the expressions of a step see: `{inputs, vars, steps, run, iteration}`.
/// `steps` has, by id, `{state, output, error}` of every step of the block that
/// has begun, and of the blocks around it.
/// @param block The activation of the innermost block; null outside of blocks.
json_text scope_of(const run_state& now, const activation* block);

/// What the steps of the last round of *block* came to, in the same form.
json_text steps_of_round(const run_state& now, const activation& block);

} // namespace machine::orchestrator
