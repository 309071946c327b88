#pragma once

#include "actors/orchestrator/run/planner.hpp"
#include "actors/orchestrator/run/run.hpp"
#include "runtime/entity/draft.hpp"

namespace machine::orchestrator {

/// Decides one command. Refusals come before the first event.
struct decider {
  entity::draft<run>& to;
  const run_state& now = to.now();
  const entity::context& ctx = to.ctx();

  // How it begins, pauses and ends (decide.cpp).

  caf::error operator()(const create_run& x);
  caf::error operator()(const grant_budget& x);
  caf::error operator()(const queue_run&);
  caf::error operator()(const import_history& x);
  caf::error operator()(const fail_import& x);
  caf::error operator()(const refuse_budget& x);
  caf::error operator()(const cancel_run& x);
  caf::error operator()(const pause_run& x);
  caf::error operator()(const resume_run& x);
  caf::error operator()(const parent_is_told&);
  caf::error operator()(const schedule_is_told&);
  caf::error operator()(const charges_are_posted& x);
  caf::error operator()(const books_are_closed&);
  caf::error operator()(const archive_run& x);
  caf::error operator()(const unarchive_run& x);

  // What workers and children say of attempts (decide_attempts.cpp).

  caf::error operator()(const intend_effect& x);
  caf::error operator()(const finish_effect& x);
  caf::error operator()(const finish_prepare& x);
  caf::error operator()(const finish_attempt& x);
  caf::error operator()(const fail_attempt& x);
  caf::error operator()(const attempt_is_stopped& x);
  caf::error operator()(const attempt_is_suspended& x);
  caf::error operator()(const attempt_is_lost& x);
  caf::error operator()(const finish_publish& x);
  caf::error operator()(const child_is_over& x);

  // What people answer, signals, and the time (decide_waiting.cpp).

  caf::error operator()(const answer_interrupt& x);
  caf::error operator()(const signal_run& x);
  caf::error operator()(const wake_run&);

private:
  /// Makes the workspace, if there is to be one, or begins at once.
  void begin(planner& plan);
  std::optional<std::string> retry_of_origin() const;

  /// Hands out what waits for the run to go on, and does what follows.
  /// @param again Of that, what begins another attempt.
  void go_on(planner& plan,
             const std::optional<std::string>& again = std::nullopt);
  caf::error just(run_event what);

  /// Whether all is there that has happened. What people say before that would
  /// stand in the middle of it.
  caf::error check_history() const;

  /// Whether *token* is that of the live attempt of *id*.
  caf::error check(const std::string& id, uint64_t token) const;

  /// An attempt that had to stop has done so.
  static caf::error stop(planner& plan, const std::string& activation,
                         uint64_t token);
  caf::error fail(planner& plan, const fail_attempt& x);
  caf::error check_signal(const signal_run& x) const;

  /// The step that has waited longest for the signal *name*; null if none does.
  const activation* first_waiting(const std::string& name) const;

  /// A time that *there* has waited for has come.
  void pass_time(planner& plan, const activation& there);
  void end_waiting(planner& plan, const activation& there);
  static void pass_deadline(planner& plan, const interrupt& x);
};

} // namespace machine::orchestrator
