#pragma once

#include "actors/orchestrator/run/state.hpp"

#include <string_view>

/// Looking things up in the state of a run.
namespace machine::orchestrator {

/// The activation *id*; null if there is none.
const activation* find_activation(const run_state& now, std::string_view id);
activation* find_activation(run_state& draft, std::string_view id);

/// The step *id* of the workflow; null if there is none.
const step* find_step(const run_state& now, std::string_view id);

/// The interrupt *id*; null if there is none.
const interrupt* find_interrupt(const run_state& now, std::string_view id);
interrupt* find_interrupt(run_state& draft, std::string_view id);

/// The effect *id* in the journal of *where*; null if there is none.
const effect_record* find_effect(const activation& where, std::string_view id);
effect_record* find_effect(activation& where, std::string_view id);

/// `parent[iteration].step` inside of a block, else `step`.
std::string activation_id(const activation* parent, std::string_view step);

/// Whether nothing more will happen to *x*.
bool has_ended(const activation& x);

/// What *what* has spent and set aside in all of its rounds, the steps inside
/// of it included.
micro_usd used_by_step(const run_state& now, const step& what);

/// Whether *x* asks what became of an effect.
bool is_reconciliation(const interrupt& x);

/// Whether the run has something to do at once.
bool has_due_steps(const run_state& now);

/// The activations that carry a live attempt.
bool has_live_attempts(const run_state& now);

} // namespace machine::orchestrator
