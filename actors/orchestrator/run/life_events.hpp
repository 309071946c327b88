#pragma once

#include "actors/orchestrator/run/run_trace.hpp"
#include "runtime/wire/describe.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

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

/// A run that calls others, and what it may spend with all of them.
struct calling_run {
  std::string run;
  micro_usd budget = 0;

  static constexpr const char* wire_name = "calling_run";

  static constexpr auto fields() {
    return wire::members(wire::field{"run", &calling_run::run},
                         wire::field{"budget", &calling_run::budget});
  }

  bool operator==(const calling_run&) const = default;
};

/// The run that called this one, and for what.
struct parent_link {
  std::string run;
  std::string activation;
  /// Of the attempt that waits for the run.
  uint64_t token = 0;
  /// How many runs are above this one.
  uint32_t depth = 1;
  /// They themselves, the outermost first; none in a log from before they were
  /// noted.
  std::vector<calling_run> callers{};

  static constexpr const char* wire_name = "parent_link";

  static constexpr auto fields() {
    return wire::members(wire::field{"run", &parent_link::run},
                         wire::field{"activation", &parent_link::activation},
                         wire::field{"token", &parent_link::token},
                         wire::field{"depth", &parent_link::depth},
                         wire::later{"callers", &parent_link::callers});
  }

  bool operator==(const parent_link&) const = default;
};

/// The run that this one goes on from, another way.
struct run_origin {
  std::string run;
  /// The last event of its history that this run has in common with it.
  uint64_t seq = 0;
  /// The activation that begins a new attempt there, whatever it had done.
  std::optional<std::string> retry;

  static constexpr const char* wire_name = "run_origin";

  static constexpr auto fields() {
    return wire::members(wire::field{"run", &run_origin::run},
                         wire::field{"seq", &run_origin::seq},
                         wire::field{"retry", &run_origin::retry});
  }

  bool operator==(const run_origin&) const = default;
};

/// The worktree of the run that called this one.
struct shared_workspace {
  std::string directory;
  std::string branch;
  std::string base;

  static constexpr const char* wire_name = "shared_workspace";

  static constexpr auto fields() {
    return wire::members(wire::field{"directory", &shared_workspace::directory},
                         wire::field{"branch", &shared_workspace::branch},
                         wire::field{"base", &shared_workspace::base});
  }

  bool operator==(const shared_workspace&) const = default;
};

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
  /// None: nobody waits for it.
  std::optional<parent_link> parent;
  /// None: it has one of its own, if it has a repository.
  std::optional<shared_workspace> workspace;
  /// None: it begins at the beginning.
  std::optional<run_origin> origin;
  /// In the queue of its project: 0 to 9, higher comes first; none: that of the
  /// task, or 0.
  std::optional<uint32_t> priority;
  /// The schedule that has begun it, by its id; it hears of the end.
  std::optional<std::string> schedule;
  /// The operation that it was asked for in; none: it begins a trace.
  std::optional<run_trace> trace;
  /// Of the principal, by its id; empty: there was none.
  std::string api_key{};
  /// What its calls are counted under, beside all else.
  std::vector<std::string> tags{};

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
      wire::field{"principal", &run_created::principal},
      wire::field{"parent", &run_created::parent},
      wire::field{"workspace", &run_created::workspace},
      wire::field{"origin", &run_created::origin},
      wire::field{"priority", &run_created::priority},
      wire::field{"schedule", &run_created::schedule},
      wire::field{"trace", &run_created::trace},
      wire::later{"api_key", &run_created::api_key},
      wire::later{"tags", &run_created::tags});
  }

  bool operator==(const run_created&) const = default;
};

/// The project has no place for the run yet.
struct run_queued {
  static constexpr const char* wire_name = "run_queued";

  static constexpr auto fields() {
    return wire::members();
  }

  bool operator==(const run_queued&) const = default;
};

/// The project set the budget aside, and has a place for the run; or the run
/// that calls this one has both.
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

/// Events of the run that this one goes on from.
struct history_copied {
  /// The number of the first of them.
  uint64_t first = 1;
  /// As they stand in the log of the origin, each with its own time.
  std::vector<bytes> events;

  static constexpr const char* wire_name = "history_copied";

  static constexpr auto fields() {
    return wire::members(wire::field{"first", &history_copied::first},
                         wire::field{"events", &history_copied::events});
  }

  bool operator==(const history_copied&) const = default;
};

/// All of it is there. What lived there does not live here, and what was spent
/// there was spent by others.
struct history_ended {
  static constexpr const char* wire_name = "history_ended";

  static constexpr auto fields() {
    return wire::members();
  }

  bool operator==(const history_ended&) const = default;
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
  /// What was done stays as it is.
  bool leave_done = false;

  static constexpr const char* wire_name = "cancel_requested";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"by", &cancel_requested::by},
      wire::field{"reason", &cancel_requested::reason},
      wire::later{"leave_done", &cancel_requested::leave_done});
  }

  bool operator==(const cancel_requested&) const = default;
};

/// Nothing new begins, no time passes for what waits, and agents stop before
/// their next effect.
struct run_paused {
  std::string by;
  std::string reason;

  static constexpr const char* wire_name = "run_paused";

  static constexpr auto fields() {
    return wire::members(wire::field{"by", &run_paused::by},
                         wire::field{"reason", &run_paused::reason});
  }

  bool operator==(const run_paused&) const = default;
};

struct run_resumed {
  std::string by;

  static constexpr const char* wire_name = "run_resumed";

  static constexpr auto fields() {
    return wire::members(wire::field{"by", &run_resumed::by});
  }

  bool operator==(const run_resumed&) const = default;
};

/// The result is known; what still lives is stopped, then what is to be undone
/// is, then the work is published.
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

/// Nothing lives any more: the `undo` blocks of steps that were done begin, the
/// last step's first.
struct undo_started {
  static constexpr const char* wire_name = "undo_started";

  static constexpr auto fields() {
    return wire::members();
  }

  bool operator==(const undo_started&) const = default;
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

/// After it come the books, word to the run that called this one, and whether
/// it is archived.
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
  /// The run that called this one, or the schedule that began it, has still to
  /// be told, which is the last event then; otherwise this one is.
  bool parent_waits = false;

  static constexpr const char* wire_name = "books_closed";

  static constexpr auto fields() {
    return wire::members(
      wire::later{"parent_waits", &books_closed::parent_waits});
  }

  bool operator==(const books_closed&) const = default;
};

/// The schedule that began this run knows how it ended.
struct schedule_told {
  static constexpr const char* wire_name = "schedule_told";

  static constexpr auto fields() {
    return wire::members();
  }

  bool operator==(const schedule_told&) const = default;
};

/// Lists leave the run out from now on, and it may be erased when its time has
/// come. Nothing else changes.
struct run_archived {
  std::string by;

  static constexpr const char* wire_name = "run_archived";

  static constexpr auto fields() {
    return wire::members(wire::field{"by", &run_archived::by});
  }

  bool operator==(const run_archived&) const = default;
};

struct run_unarchived {
  std::string by;

  static constexpr const char* wire_name = "run_unarchived";

  static constexpr auto fields() {
    return wire::members(wire::field{"by", &run_unarchived::by});
  }

  bool operator==(const run_unarchived&) const = default;
};

/// The run that called this one knows how it ended.
struct parent_told {
  static constexpr const char* wire_name = "parent_told";

  static constexpr auto fields() {
    return wire::members();
  }

  bool operator==(const parent_told&) const = default;
};

} // namespace machine::orchestrator
