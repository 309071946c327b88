#pragma once

#include "actors/orchestrator/run/changes.hpp"
#include "actors/orchestrator/run/events.hpp"

namespace machine::orchestrator {

/// Makes one event part of the state. Every member is total: what an event
/// refers to and is not there is left alone.
struct applier : changes {
  using changes::changes;

  // The run itself (apply.cpp).

  void operator()(const run_created& x);
  void operator()(const run_queued&);
  void operator()(const budget_granted&);
  void operator()(const history_copied& x);
  void operator()(const history_ended&);
  void operator()(const budget_refused& x);
  void operator()(const workspace_opened& x);
  void operator()(const run_paused&);
  void operator()(const run_resumed&);
  void operator()(const cancel_requested& x);
  void operator()(const run_closing& x);
  void operator()(const undo_started&);
  void operator()(const work_published& x);
  void operator()(const run_ended& x);
  void operator()(const charges_posted& x);
  void operator()(const orchestrator::parent_told&);
  void operator()(const orchestrator::schedule_told&);
  void operator()(const books_closed&);
  void operator()(const run_archived&);
  void operator()(const run_unarchived&);

  // Steps, blocks and variables (apply_steps.cpp).

  void operator()(const step_started& x);
  void operator()(const step_skipped& x);
  void operator()(const step_done& x);
  void operator()(const step_failed& x);
  void operator()(const step_stopping& x);
  void operator()(const block_started& x);
  void operator()(const round_started& x);
  void operator()(const block_stopping& x);
  void operator()(const block_ended& x);
  void operator()(const items_listed& x);
  void operator()(const vars_changed& x);

  // Attempts, their effects, and children (apply_attempts.cpp).

  void operator()(const attempt_started& x);
  void operator()(const attempt_lost& x);
  void operator()(const attempt_suspended& x);
  void operator()(const attempt_failed& x);
  void operator()(const attempt_stopped& x);
  void operator()(const effect_intended& x);
  void operator()(const effect_done& x);
  void operator()(const effect_failed& x);
  void operator()(const effect_lost& x);
  void operator()(const child_started& x);
  void operator()(const child_ended& x);

  // What is waited for: times, signals, answers (apply_waiting.cpp).

  void operator()(const wait_started& x);
  void operator()(const signal_received& x);
  void operator()(const signal_taken& x);
  void operator()(const interrupt_opened& x);
  void operator()(const interrupt_answered& x);
  void operator()(const interrupt_withdrawn& x);

private:
  /// Whether a run has *event* from its origin. What the machine did for that
  /// one it does for this one anew.
  static bool is_history(const run_event& event);
  static std::string_view owner_of_effect(std::string_view effect);
  void begin_round(activation& there, uint32_t number);
  void take_loop_answer(const std::string& id, const json_text& answer);
  void prepare();
  void begin_to_run();
  void note_commit(activation& there, const std::optional<std::string>& x);
  void note_checkpoint(const std::optional<std::string>& x);

  /// Nothing of what lived in the origin lives here, and nothing that was spent
  /// there was spent here.
  void leave_origin();
  void forget_money();
  bool must_be_done_here(const effect_record& done) const;
  /// The time that has passed since was the origin's, or went by before there
  /// was a workspace: what has to end in time has all of its time again.
  void renew_limits();

  /// Returns the lease of an open effect and books what it cost.
  effect_record* settle(const std::string& effect, micro_usd cost,
                        const std::optional<models::token_usage>& usage,
                        costs::call_end how);
};

} // namespace machine::orchestrator
