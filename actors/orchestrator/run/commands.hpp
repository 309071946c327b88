#pragma once

#include "actors/orchestrator/run/events.hpp"
#include "runtime/wire/codec.hpp"

/// What a run may be asked to do.
namespace machine::orchestrator {

/// Begins the run. Answered with `conflict` if it exists.
struct create_run {
  run_created what;

  static constexpr const char* wire_name = "create_run";

  static constexpr auto fields() {
    return wire::members(wire::field{"what", &create_run::what});
  }

  bool operator==(const create_run&) const = default;
};

/// The project's answer to the request for the budget.
struct grant_budget {
  micro_usd amount = 0;

  static constexpr const char* wire_name = "grant_budget";

  static constexpr auto fields() {
    return wire::members(wire::field{"amount", &grant_budget::amount});
  }

  bool operator==(const grant_budget&) const = default;
};

/// The schedule that began the run knows how it ended.
struct schedule_is_told {
  static constexpr const char* wire_name = "schedule_is_told";

  static constexpr auto fields() {
    return wire::members();
  }

  bool operator==(const schedule_is_told&) const = default;
};

/// The project has no place for the run yet; it says so when it has one.
struct queue_run {
  static constexpr const char* wire_name = "queue_run";

  static constexpr auto fields() {
    return wire::members();
  }

  bool operator==(const queue_run&) const = default;
};

struct refuse_budget {
  std::string message;
  /// Of the `ec` with which the project refused.
  std::string code = "budget_exceeded";

  static constexpr const char* wire_name = "refuse_budget";

  static constexpr auto fields() {
    return wire::members(wire::field{"message", &refuse_budget::message},
                         wire::field{"code", &refuse_budget::code});
  }

  bool operator==(const refuse_budget&) const = default;
};

/// Events of the origin, from its log.
struct import_history {
  uint64_t first = 1;
  std::vector<bytes> events;

  static constexpr const char* wire_name = "import_history";

  static constexpr auto fields() {
    return wire::members(wire::field{"first", &import_history::first},
                         wire::field{"events", &import_history::events});
  }

  bool operator==(const import_history&) const = default;
};

/// The history of the origin cannot be had.
struct fail_import {
  std::string code;
  std::string message;

  static constexpr const char* wire_name = "fail_import";

  static constexpr auto fields() {
    return wire::members(wire::field{"code", &fail_import::code},
                         wire::field{"message", &fail_import::message});
  }

  bool operator==(const fail_import&) const = default;
};

/// A worker is about to do something to the outside. Fails with `fenced` if
/// the attempt is no longer the worker's, with `budget_exceeded` if the lease
/// does not fit; if the effect is done already, nothing happens.
struct intend_effect {
  std::string effect;
  std::string activation;
  uint64_t token = 0;
  effect_kind kind = effect_kind::model;
  std::string subject;
  std::string detail;
  bool idempotent = true;
  micro_usd lease = 0;
  /// For an edit: the hash of the file once it is done.
  std::optional<std::string> guard;
  /// Of a model call: the whole decision (`models::decision`), with what was
  /// rejected and why.
  std::optional<json_text> decision;
  /// See `effect_intended`.
  std::optional<std::string> call = std::nullopt;

  static constexpr const char* wire_name = "intend_effect";

  static constexpr auto fields() {
    return wire::members(wire::field{"effect", &intend_effect::effect},
                         wire::field{"activation", &intend_effect::activation},
                         wire::field{"token", &intend_effect::token},
                         wire::field{"kind", &intend_effect::kind},
                         wire::field{"subject", &intend_effect::subject},
                         wire::field{"detail", &intend_effect::detail},
                         wire::field{"idempotent", &intend_effect::idempotent},
                         wire::field{"lease", &intend_effect::lease},
                         wire::field{"guard", &intend_effect::guard},
                         wire::field{"decision", &intend_effect::decision},
                         wire::field{"call", &intend_effect::call});
  }

  bool operator==(const intend_effect&) const = default;
};

/// A worker's effect has ended.
struct finish_effect {
  std::string effect;
  std::string activation;
  uint64_t token = 0;
  /// The result; becomes a blob. None: the effect failed.
  std::optional<std::string> result;
  std::string code;
  std::string message;
  micro_usd cost = 0;
  std::optional<models::token_usage> usage;
  /// See `effect_done`.
  std::optional<std::string> tree = std::nullopt;

  static constexpr const char* wire_name = "finish_effect";

  static constexpr auto fields() {
    return wire::members(wire::field{"effect", &finish_effect::effect},
                         wire::field{"activation", &finish_effect::activation},
                         wire::field{"token", &finish_effect::token},
                         wire::field{"result", &finish_effect::result},
                         wire::field{"code", &finish_effect::code},
                         wire::field{"message", &finish_effect::message},
                         wire::field{"cost", &finish_effect::cost},
                         wire::field{"usage", &finish_effect::usage},
                         wire::field{"tree", &finish_effect::tree});
  }

  bool operator==(const finish_effect&) const = default;
};

/// The workspace was made.
struct finish_prepare {
  uint64_t token = 0;
  std::string directory;
  std::string branch;
  std::string base;

  static constexpr const char* wire_name = "finish_prepare";

  static constexpr auto fields() {
    return wire::members(wire::field{"token", &finish_prepare::token},
                         wire::field{"directory", &finish_prepare::directory},
                         wire::field{"branch", &finish_prepare::branch},
                         wire::field{"base", &finish_prepare::base});
  }

  bool operator==(const finish_prepare&) const = default;
};

/// The attempt performed its step.
struct finish_attempt {
  std::string activation;
  uint64_t token = 0;
  json_text output;
  std::optional<std::string> commit;
  /// Of the commit: the hash of git's tree.
  std::optional<std::string> tree = std::nullopt;

  static constexpr const char* wire_name = "finish_attempt";

  static constexpr auto fields() {
    return wire::members(wire::field{"activation", &finish_attempt::activation},
                         wire::field{"token", &finish_attempt::token},
                         wire::field{"output", &finish_attempt::output},
                         wire::field{"commit", &finish_attempt::commit},
                         wire::field{"tree", &finish_attempt::tree});
  }

  bool operator==(const finish_attempt&) const = default;
};

/// The attempt did not.
struct fail_attempt {
  std::string activation;
  uint64_t token = 0;
  std::string code;
  std::string message;
  /// What there is of an output, for conditions to look at.
  json_text output;
  std::optional<std::string> commit;
  /// How long the other side asked us to wait.
  std::optional<duration> retry_after;

  static constexpr const char* wire_name = "fail_attempt";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"activation", &fail_attempt::activation},
      wire::field{"token", &fail_attempt::token},
      wire::field{"code", &fail_attempt::code},
      wire::field{"message", &fail_attempt::message},
      wire::field{"output", &fail_attempt::output},
      wire::field{"commit", &fail_attempt::commit},
      wire::field{"retry_after", &fail_attempt::retry_after});
  }

  bool operator==(const fail_attempt&) const = default;
};

/// The attempt has stopped as it was asked to; nothing of it lives.
struct attempt_is_stopped {
  std::string activation;
  uint64_t token = 0;

  static constexpr const char* wire_name = "attempt_is_stopped";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"activation", &attempt_is_stopped::activation},
      wire::field{"token", &attempt_is_stopped::token});
  }

  bool operator==(const attempt_is_stopped&) const = default;
};

/// The worker was told that the run pauses, and has ended between two effects.
struct attempt_is_suspended {
  std::string activation;
  uint64_t token = 0;

  static constexpr const char* wire_name = "attempt_is_suspended";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"activation", &attempt_is_suspended::activation},
      wire::field{"token", &attempt_is_suspended::token});
  }

  bool operator==(const attempt_is_suspended&) const = default;
};

/// The work was published.
struct finish_publish {
  uint64_t token = 0;
  std::string branch;
  std::string base;
  std::string commit;
  /// The unified diff; becomes a blob.
  std::string patch;
  uint32_t files_changed = 0;
  uint32_t lines_added = 0;
  uint32_t lines_removed = 0;

  static constexpr const char* wire_name = "finish_publish";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"token", &finish_publish::token},
      wire::field{"branch", &finish_publish::branch},
      wire::field{"base", &finish_publish::base},
      wire::field{"commit", &finish_publish::commit},
      wire::field{"patch", &finish_publish::patch},
      wire::field{"files_changed", &finish_publish::files_changed},
      wire::field{"lines_added", &finish_publish::lines_added},
      wire::field{"lines_removed", &finish_publish::lines_removed});
  }

  bool operator==(const finish_publish&) const = default;
};

struct answer_interrupt {
  std::string interrupt;
  json_text answer;
  std::string by;

  static constexpr const char* wire_name = "answer_interrupt";

  static constexpr auto fields() {
    return wire::members(wire::field{"interrupt", &answer_interrupt::interrupt},
                         wire::field{"answer", &answer_interrupt::answer},
                         wire::field{"by", &answer_interrupt::by});
  }

  bool operator==(const answer_interrupt&) const = default;
};

/// What becomes of steps that were done when a run is cancelled.
enum class cancel_mode : uint8_t {
  /// Their `undo` blocks run first.
  undo,
  /// They are left as they are; what is being undone is stopped.
  leave,
};

constexpr auto wire_names(cancel_mode) {
  return std::array<std::pair<std::string_view, cancel_mode>, 2>{{
    {"undo", cancel_mode::undo},
    {"leave", cancel_mode::leave},
  }};
}

/// Asks the run to end. Asking again, or asking a run that has ended, is no
/// error.
struct cancel_run {
  std::string by;
  std::string reason;
  cancel_mode mode = cancel_mode::undo;

  static constexpr const char* wire_name = "cancel_run";

  static constexpr auto fields() {
    return wire::members(wire::field{"by", &cancel_run::by},
                         wire::field{"reason", &cancel_run::reason},
                         wire::field{"mode", &cancel_run::mode});
  }

  bool operator==(const cancel_run&) const = default;
};

/// Nothing new begins until `resume_run`; see `run_paused`. `conflict` if the
/// run is ending.
struct pause_run {
  std::string by;
  std::string reason;

  static constexpr const char* wire_name = "pause_run";

  static constexpr auto fields() {
    return wire::members(wire::field{"by", &pause_run::by},
                         wire::field{"reason", &pause_run::reason});
  }

  bool operator==(const pause_run&) const = default;
};

struct resume_run {
  std::string by;

  static constexpr const char* wire_name = "resume_run";

  static constexpr auto fields() {
    return wire::members(wire::field{"by", &resume_run::by});
  }

  bool operator==(const resume_run&) const = default;
};

/// For a `wait` step. `not_found` if the workflow waits for no such signal.
struct signal_run {
  std::string name;
  json_text payload;
  std::string by;
  /// Sending again with the same word sends nothing.
  std::optional<std::string> key;

  static constexpr const char* wire_name = "signal_run";

  static constexpr auto fields() {
    return wire::members(wire::field{"name", &signal_run::name},
                         wire::field{"payload", &signal_run::payload},
                         wire::field{"by", &signal_run::by},
                         wire::field{"key", &signal_run::key});
  }

  bool operator==(const signal_run&) const = default;
};

/// The run that a `call` step waits for has ended; nothing of it lives.
struct child_is_over {
  std::string activation;
  uint64_t token = 0;
  std::string run;
  run_result result = run_result::done;
  std::string code;
  std::string message;
  json_text output;
  micro_usd spent = 0;
  std::vector<model_bill> bill;

  static constexpr const char* wire_name = "child_is_over";

  static constexpr auto fields() {
    return wire::members(wire::field{"activation", &child_is_over::activation},
                         wire::field{"token", &child_is_over::token},
                         wire::field{"run", &child_is_over::run},
                         wire::field{"result", &child_is_over::result},
                         wire::field{"code", &child_is_over::code},
                         wire::field{"message", &child_is_over::message},
                         wire::field{"output", &child_is_over::output},
                         wire::field{"spent", &child_is_over::spent},
                         wire::field{"bill", &child_is_over::bill});
  }

  bool operator==(const child_is_over&) const = default;
};

/// The run that called this one knows how it ended, or is no more.
struct parent_is_told {
  static constexpr const char* wire_name = "parent_is_told";

  static constexpr auto fields() {
    return wire::members();
  }

  bool operator==(const parent_is_told&) const = default;
};

/// The project has posted the charges up to this number.
struct charges_are_posted {
  uint64_t up_to = 0;

  static constexpr const char* wire_name = "charges_are_posted";

  static constexpr auto fields() {
    return wire::members(wire::field{"up_to", &charges_are_posted::up_to});
  }

  bool operator==(const charges_are_posted&) const = default;
};

struct books_are_closed {
  static constexpr const char* wire_name = "books_are_closed";

  static constexpr auto fields() {
    return wire::members();
  }

  bool operator==(const books_are_closed&) const = default;
};

/// The time of `wake_at` has come.
struct wake_run {
  static constexpr const char* wire_name = "wake_run";

  static constexpr auto fields() {
    return wire::members();
  }

  bool operator==(const wake_run&) const = default;
};

/// Nobody works on an attempt that was begun: its worker is gone, and has said
/// nothing.
struct attempt_is_lost {
  std::string activation;
  uint64_t token = 0;

  static constexpr const char* wire_name = "attempt_is_lost";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"activation", &attempt_is_lost::activation},
      wire::field{"token", &attempt_is_lost::token});
  }

  bool operator==(const attempt_is_lost&) const = default;
};

/// Puts the run away; see `run_archived`. `conflict` if it has not ended,
/// `unavailable` if somebody has still to hear of its end.
struct archive_run {
  std::string by;

  static constexpr const char* wire_name = "archive_run";

  static constexpr auto fields() {
    return wire::members(wire::field{"by", &archive_run::by});
  }

  bool operator==(const archive_run&) const = default;
};

struct unarchive_run {
  std::string by;

  static constexpr const char* wire_name = "unarchive_run";

  static constexpr auto fields() {
    return wire::members(wire::field{"by", &unarchive_run::by});
  }

  bool operator==(const unarchive_run&) const = default;
};

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
