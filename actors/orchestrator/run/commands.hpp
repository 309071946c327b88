#pragma once

#include "actors/orchestrator/run/attempt_commands.hpp"
#include "actors/orchestrator/run/life_commands.hpp"
#include "runtime/wire/codec.hpp"

/// What a run may be asked to do.
namespace machine::orchestrator {

using run_command = std::variant<
  create_run, grant_budget, refuse_budget, import_history, fail_import,
  intend_effect, finish_effect, finish_prepare, finish_attempt, fail_attempt,
  attempt_is_stopped, attempt_is_suspended, attempt_is_lost, finish_publish,
  answer_interrupt, cancel_run, pause_run, resume_run, signal_run,
  child_is_over, parent_is_told, charges_are_posted, books_are_closed, wake_run,
  queue_run, schedule_is_told, archive_run, unarchive_run>;

} // namespace machine::orchestrator

// Compiled once, in codec.cpp.
extern template struct machine::wire::codec<machine::orchestrator::run_command>;
extern template struct machine::wire::message_codec<
  machine::orchestrator::run_command>;
