#pragma once

#include "actors/orchestrator/run/state.hpp"

#include <string_view>

namespace machine::orchestrator {

/// Null if there is none.
const activation* find_activation(const run_state& now, std::string_view id);
activation* find_activation(run_state& draft, std::string_view id);
const step* find_step(const run_state& now, std::string_view id);
const interrupt* find_interrupt(const run_state& now, std::string_view id);
interrupt* find_interrupt(run_state& draft, std::string_view id);
const effect_record* find_effect(const activation& where, std::string_view id);
effect_record* find_effect(activation& where, std::string_view id);

/// The activation of *step* in *block*, an instance: `repair[2].fix`.
std::string activation_id(std::string_view block, std::string_view step);

/// The instance of the block *name*, or of the round or item *number*, of the
/// activation *owner*: `repair[2]`, `build[undo]`. A `route` has a name that is
/// a number.
std::string block_id(std::string_view owner,
                     const std::optional<std::string>& name, uint32_t number);

/// The block in which the activation *id* is; empty: the workflow's own.
std::string_view block_of(std::string_view id);

/// The step of the activation *id*.
std::string_view step_of(std::string_view id);

/// The activation that the block *id* belongs to; empty: none.
std::string_view owner_of(std::string_view block);

/// Whether the activation or block *id* is in the activation or block
/// *around*, however deep, or is that.
bool is_within(std::string_view id, std::string_view around);

bool has_ended(const activation& x);

/// What *what* and the steps of its blocks have cost and have set aside.
micro_usd used_by_step(const run_state& now, const step& what);

/// Whether *x* asks what became of an effect.
bool is_reconciliation(const interrupt& x);

/// Whether *x* asks about an agent that goes in circles.
bool is_loop_question(const interrupt& x);

/// Whether its project has set something aside for it, or has booked something
/// of it. A run that another called spends what that one has, and the project
/// hears of it only when it, or one that it calls, has spent something. Of one
/// from the time when they asked the project themselves, it has heard.
bool is_known_to_project(const run_state& now);

/// Whether it still has to begin, and another run called it: there is nobody to
/// ask. A log of the time when they asked their project may end there.
bool begins_by_itself(const run_state& now);

/// Whether *block* fails alone, and what it belongs to goes on or has failed
/// already: what handles or undoes something, and an item of a `foreach` with
/// `on_failure: continue`.
bool fails_alone(const run_state& now, const open_block& block);

bool has_live_attempts(const run_state& now);

/// Whether an attempt lives in the activation or block *around*.
bool has_live_attempts(const run_state& now, std::string_view around);

/// Whether steps may begin.
bool makes_progress(const run_state& now);

/// Whether something follows that no command has to ask for.
bool has_more_to_do(const run_state& now);

/// As in jq: all but false and null.
inline bool is_true(const json_text& x) {
  return x.text != "false" && x.text != "null";
}

/// Whether the attempt *id* has to stop, whatever it says.
bool must_stop(const run_state& now, std::string_view id);

/// Whether *x* is the machine's own work, which is no step of the workflow.
inline bool is_own_work(const activation& x) {
  return x.step.starts_with('@');
}

/// Who pays for the calls of the run *id*, which began with *x*.
costs::call_account account_of(const run_created& x, const std::string& id);

/// Whether the project has not given it a place and its budget yet.
bool waits_for_place(const run_state& now);

} // namespace machine::orchestrator
