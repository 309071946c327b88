#pragma once

#include "runtime/wire/describe.hpp"

#include <map>
#include <optional>
#include <string>

/// Events of a run as a whole.
namespace machine::orchestrator {

/// How a run ended.
enum class run_result : uint8_t {
  done,
  failed,
  cancelled,
};

constexpr auto wire_names(run_result) {
  return std::array<std::pair<std::string_view, run_result>, 3>{{
    {"done", run_result::done},
    {"failed", run_result::failed},
    {"cancelled", run_result::cancelled},
  }};
}

/// The first event of every run: all that it will ever know of its
/// surroundings.
struct run_created {
  std::string workflow_name;
  /// BLAKE2b-256 of the normal form; the run is pinned to it.
  std::string workflow_hash;
  /// The normal form itself.
  json_text workflow;
  /// Checked against the workflow's schema, defaults filled in.
  json_text inputs;
  std::string title;
  std::string project;
  std::optional<std::string> task;
  /// The git repository to work in, absolute; none: no workspace.
  std::optional<std::string> repository;
  /// What the run may spend.
  micro_usd budget = 0;
  /// Used by every step that names none.
  std::optional<std::string> model;
  std::string principal;

  static constexpr const char* wire_name = "run_created";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"workflow_name", &run_created::workflow_name},
      wire::field{"workflow_hash", &run_created::workflow_hash},
      wire::field{"workflow", &run_created::workflow},
      wire::field{"inputs", &run_created::inputs},
      wire::field{"title", &run_created::title},
      wire::field{"project", &run_created::project},
      wire::field{"task", &run_created::task},
      wire::field{"repository", &run_created::repository},
      wire::field{"budget", &run_created::budget},
      wire::field{"model", &run_created::model},
      wire::field{"principal", &run_created::principal});
  }

  bool operator==(const run_created&) const = default;
};

/// The project set the budget aside.
struct budget_granted {
  micro_usd amount = 0;

  static constexpr const char* wire_name = "budget_granted";

  static constexpr auto fields() {
    return wire::members(wire::field{"amount", &budget_granted::amount});
  }

  bool operator==(const budget_granted&) const = default;
};

struct budget_refused {
  std::string message;

  static constexpr const char* wire_name = "budget_refused";

  static constexpr auto fields() {
    return wire::members(wire::field{"message", &budget_refused::message});
  }

  bool operator==(const budget_refused&) const = default;
};

/// The workspace stands; steps may begin.
struct workspace_opened {
  std::string directory;
  std::string branch;
  std::string base;

  static constexpr const char* wire_name = "workspace_opened";

  static constexpr auto fields() {
    return wire::members(wire::field{"directory", &workspace_opened::directory},
                         wire::field{"branch", &workspace_opened::branch},
                         wire::field{"base", &workspace_opened::base});
  }

  bool operator==(const workspace_opened&) const = default;
};

struct cancel_requested {
  std::string by;
  std::string reason;

  static constexpr const char* wire_name = "cancel_requested";

  static constexpr auto fields() {
    return wire::members(wire::field{"by", &cancel_requested::by},
                         wire::field{"reason", &cancel_requested::reason});
  }

  bool operator==(const cancel_requested&) const = default;
};

/// The result is known; what still lives is stopped, then the work is
/// published.
struct run_closing {
  run_result result = run_result::done;
  std::string code;
  std::string message;
  json_text output;

  static constexpr const char* wire_name = "run_closing";

  static constexpr auto fields() {
    return wire::members(wire::field{"result", &run_closing::result},
                         wire::field{"code", &run_closing::code},
                         wire::field{"message", &run_closing::message},
                         wire::field{"output", &run_closing::output});
  }

  bool operator==(const run_closing&) const = default;
};

/// What the run leaves in the repository.
struct work_published {
  std::string branch;
  std::string base;
  std::string commit;
  /// The blob that holds the unified diff.
  std::string diff;
  uint32_t files_changed = 0;
  uint32_t lines_added = 0;
  uint32_t lines_removed = 0;

  static constexpr const char* wire_name = "work_published";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"branch", &work_published::branch},
      wire::field{"base", &work_published::base},
      wire::field{"commit", &work_published::commit},
      wire::field{"diff", &work_published::diff},
      wire::field{"files_changed", &work_published::files_changed},
      wire::field{"lines_added", &work_published::lines_added},
      wire::field{"lines_removed", &work_published::lines_removed});
  }

  bool operator==(const work_published&) const = default;
};

/// The last event that changes anything but the books.
struct run_ended {
  run_result result = run_result::done;
  std::string code;
  std::string message;
  json_text output;
  /// What all of it cost.
  micro_usd spent = 0;

  static constexpr const char* wire_name = "run_ended";

  static constexpr auto fields() {
    return wire::members(wire::field{"result", &run_ended::result},
                         wire::field{"code", &run_ended::code},
                         wire::field{"message", &run_ended::message},
                         wire::field{"output", &run_ended::output},
                         wire::field{"spent", &run_ended::spent});
  }

  bool operator==(const run_ended&) const = default;
};

/// The project has these charges in its ledger.
struct charges_posted {
  uint64_t up_to = 0;

  static constexpr const char* wire_name = "charges_posted";

  static constexpr auto fields() {
    return wire::members(wire::field{"up_to", &charges_posted::up_to});
  }

  bool operator==(const charges_posted&) const = default;
};

/// The project knows that the run has ended and took back the rest.
struct books_closed {
  static constexpr const char* wire_name = "books_closed";

  static constexpr auto fields() {
    return wire::members();
  }

  bool operator==(const books_closed&) const = default;
};

} // namespace machine::orchestrator
