#pragma once

#include "actors/orchestrator/run/events.hpp"

/// What a run is told by people, by its project and by the clock.
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

/// The project sets nothing aside for the run, which fails.
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

/// A person answers. `conflict` if somebody did before, `invalid_argument` if
/// the answer does not fit the schema.
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

/// Asks the run to end; asking again changes nothing. `conflict` if it has
/// ended, or is ending, otherwise; to leave undone what it is undoing is
/// possible still.
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

/// What waited for `pause_run` to be taken back goes on.
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

/// The project keeps nothing set aside for the run any more.
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

/// Lists show the run again.
struct unarchive_run {
  std::string by;

  static constexpr const char* wire_name = "unarchive_run";

  static constexpr auto fields() {
    return wire::members(wire::field{"by", &unarchive_run::by});
  }

  bool operator==(const unarchive_run&) const = default;
};

} // namespace machine::orchestrator
