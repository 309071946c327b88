#pragma once

#include "actors/orchestrator/run/effect_events.hpp"
#include "actors/orchestrator/run/life_events.hpp"
#include "actors/orchestrator/run/step_events.hpp"
#include "runtime/wire/codec.hpp"

#include <variant>

namespace machine::orchestrator {

/// Everything that may stand in the log of a run.
using run_event = std::variant<
  run_created, budget_granted, budget_refused, history_copied, history_ended,
  workspace_opened, step_started, step_skipped, attempt_started, attempt_lost,
  attempt_failed, attempt_stopped, attempt_suspended, effect_intended,
  effect_done, effect_failed, effect_lost, child_started, child_ended,
  step_done, step_failed, step_stopping, block_started, round_started,
  block_stopping, block_ended, items_listed, vars_changed, wait_started,
  signal_received, signal_taken, interrupt_opened, interrupt_answered,
  interrupt_withdrawn, run_paused, run_resumed, cancel_requested, run_closing,
  undo_started, work_published, run_ended, charges_posted, parent_told,
  books_closed, run_queued, schedule_told, run_archived, run_unarchived>;

} // namespace machine::orchestrator

// Compiled once, in codec.cpp.
extern template struct machine::wire::codec<machine::orchestrator::run_event>;
extern template struct machine::wire::message_codec<
  machine::orchestrator::run_event>;
