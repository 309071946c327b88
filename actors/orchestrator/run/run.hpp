#pragma once

#include "actors/orchestrator/run/commands.hpp"
#include "actors/orchestrator/run/events.hpp"
#include "actors/orchestrator/run/state.hpp"
#include "runtime/entity/entity.hpp"
#include "runtime/entity/news.hpp"
#include "runtime/wire/codec.hpp"

#include <variant>

namespace machine::orchestrator {

/// Ask the project for a place, and it and the ledger to set *amount* aside for
/// the run.
struct request_budget {
  std::string project;
  micro_usd amount = 0;
  /// As `run_created::priority`.
  std::optional<uint32_t> priority;
  std::optional<std::string> task;
  /// Who pays.
  costs::call_account whose{};

  static constexpr const char* wire_name = "request_budget";

  static constexpr auto fields() {
    return wire::members(wire::field{"project", &request_budget::project},
                         wire::field{"amount", &request_budget::amount},
                         wire::field{"priority", &request_budget::priority},
                         wire::field{"task", &request_budget::task},
                         wire::field{"whose", &request_budget::whose});
  }
};

/// Everything that a worker needs to perform one attempt.
struct attempt_order {
  std::string run;
  std::string title;
  std::string activation;
  std::string step;
  attempt_kind kind = attempt_kind::command;
  uint32_t attempt = 1;
  uint64_t token = 0;
  /// The step's action with its templates rendered.
  json_text request;
  /// Bound on the attempt; none: the kind's default.
  std::optional<duration> timeout;
  /// Labels that its worker must have.
  std::vector<std::string> runs_on;
  bool idempotent = true;
  /// The model of every step that names none.
  std::optional<std::string> model;
  std::optional<std::string> repository;
  /// Empty: the run has no workspace.
  std::string directory;
  std::string branch;
  std::string base;
  /// A new worktree begins at the one of these that has all others in it; none:
  /// at the head of the repository.
  std::vector<std::string> checkpoints;
  /// What the run may still spend.
  micro_usd money_left = 0;
  /// What an earlier worker has done of this attempt.
  std::vector<effect_record> journal;
  /// What people told it meanwhile.
  std::vector<agent_hint> hints;
  /// When its first worker began.
  std::optional<timestamp> begun_at;
  /// See `run_created`.
  std::optional<run_trace> trace;
  /// Who pays; the agent and the model are not known yet.
  costs::call_account whose{};

  static constexpr const char* wire_name = "attempt_order";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"run", &attempt_order::run},
      wire::field{"title", &attempt_order::title},
      wire::field{"activation", &attempt_order::activation},
      wire::field{"step", &attempt_order::step},
      wire::field{"kind", &attempt_order::kind},
      wire::field{"attempt", &attempt_order::attempt},
      wire::field{"token", &attempt_order::token},
      wire::field{"request", &attempt_order::request},
      wire::field{"timeout", &attempt_order::timeout},
      wire::field{"runs_on", &attempt_order::runs_on},
      wire::field{"idempotent", &attempt_order::idempotent},
      wire::field{"model", &attempt_order::model},
      wire::field{"repository", &attempt_order::repository},
      wire::field{"directory", &attempt_order::directory},
      wire::field{"branch", &attempt_order::branch},
      wire::field{"base", &attempt_order::base},
      wire::field{"checkpoints", &attempt_order::checkpoints},
      wire::field{"money_left", &attempt_order::money_left},
      wire::field{"journal", &attempt_order::journal},
      wire::field{"hints", &attempt_order::hints},
      wire::field{"begun_at", &attempt_order::begun_at},
      wire::field{"trace", &attempt_order::trace},
      wire::field{"whose", &attempt_order::whose});
  }
};

/// Have events of another run brought, as many as can be at once.
struct copy_history {
  std::string run;
  uint64_t first = 1;
  uint64_t last = 1;

  static constexpr const char* wire_name = "copy_history";

  static constexpr auto fields() {
    return wire::members(wire::field{"run", &copy_history::run},
                         wire::field{"first", &copy_history::first},
                         wire::field{"last", &copy_history::last});
  }
};

/// Have a worker perform an attempt.
struct start_attempt {
  attempt_order order;
};

/// Have the worker of an attempt stop it.
struct stop_attempt {
  std::string activation;
  uint64_t token = 0;
};

/// Have it said if nobody works on an attempt: only who runs the workers knows
/// whether this one still lives.
struct probe_attempt {
  std::string activation;
  uint64_t token = 0;
};

/// Begin a run for a `call` step, if it was not begun yet.
struct start_child {
  std::string run;
  run_created what;

  static constexpr const char* wire_name = "start_child";

  static constexpr auto fields() {
    return wire::members(wire::field{"run", &start_child::run},
                         wire::field{"what", &start_child::what});
  }
};

/// Ask the run of a `call` step to end.
struct cancel_child {
  std::string run;
  std::string reason;

  static constexpr const char* wire_name = "cancel_child";

  static constexpr auto fields() {
    return wire::members(wire::field{"run", &cancel_child::run},
                         wire::field{"reason", &cancel_child::reason});
  }
};

/// Tell the run that called this one how it ended.
struct tell_parent {
  std::string run;
  child_is_over what;

  static constexpr const char* wire_name = "tell_parent";

  static constexpr auto fields() {
    return wire::members(wire::field{"run", &tell_parent::run},
                         wire::field{"what", &tell_parent::what});
  }
};

/// Tell the schedule that began this run how it ended.
struct tell_schedule {
  /// Its id.
  std::string schedule;
  run_result result = run_result::done;
  std::string message;

  static constexpr const char* wire_name = "tell_schedule";

  static constexpr auto fields() {
    return wire::members(wire::field{"schedule", &tell_schedule::schedule},
                         wire::field{"result", &tell_schedule::result},
                         wire::field{"message", &tell_schedule::message});
  }
};

/// Have the project and the ledger book charges.
struct post_charges {
  std::string project;
  std::vector<charge> charges;
  /// What the run may spend, with the runs that it calls.
  micro_usd budget = 0;
  /// The runs whose money it spends, the outermost first.
  std::vector<calling_run> callers{};

  static constexpr const char* wire_name = "post_charges";

  static constexpr auto fields() {
    return wire::members(wire::field{"project", &post_charges::project},
                         wire::field{"charges", &post_charges::charges},
                         wire::field{"budget", &post_charges::budget},
                         wire::field{"callers", &post_charges::callers});
  }
};

/// Tell the project and the ledger that the run will spend no more.
struct close_books {
  std::string project;
  micro_usd spent = 0;

  static constexpr const char* wire_name = "close_books";

  static constexpr auto fields() {
    return wire::members(wire::field{"project", &close_books::project},
                         wire::field{"spent", &close_books::spent});
  }
};

/// Record the run as a whole in its trace.
struct close_trace {
  std::string workflow;
  /// See `run_created`.
  std::optional<run_trace> trace;
  timestamp began{};
  timestamp ended{};
  run_result result = run_result::done;
  std::string code;
  micro_usd spent = 0;
};

/// What a run does to the outside, after the commit.
using run_effect =
  std::variant<request_budget, copy_history, start_attempt, stop_attempt,
               probe_attempt, start_child, cancel_child, tell_parent,
               post_charges, close_books, tell_schedule, close_trace>;

/// One execution of a workflow: the core of the entity `run`.
struct run {
  using state = run_state;
  using command = run_command;
  using event = run_event;
  using effect = run_effect;

  static constexpr const char* kind = "run";
  static constexpr const char* snapshot_schema = "run.5";

  /// Refuses with `not_found` (no such run), `conflict` (it exists, or was
  /// answered already), `fenced` (an attempt that is no longer the worker's),
  /// `budget_exceeded`, `limit_exceeded`, `cancelled` or `invalid_argument`.
  static caf::error decide(entity::draft<run>& to, const command& what);

  /// Whether it may have to evaluate what only a process may.
  static bool may_take_long(const state& now);

  static void apply(state& draft, const event& what, timestamp at);

  static std::vector<effect> react(const state& now, const event& what,
                                   const entity::key& key);

  static std::vector<effect> outstanding(const state& now,
                                         const entity::key& key);

  /// To the topic `runs`: that a run is in another state, with its row; to
  /// `interrupts`: its questions and what becomes of them.
  static std::vector<entity::announcement>
  announce(const state& now, const std::vector<event>& events,
           const entity::context& ctx);

  static std::optional<command> on_wake();

  /// The nearest retry or deadline; a time that has passed if a step is due,
  /// because the decision before reached its bound.
  static std::optional<timestamp> wake_at(const state& now);

  /// A run that waits for a person, or whose books are closed.
  static bool idle(const state& now);

  static std::vector<entity::announcement>
  announce_end(const state& now, const entity::context& ctx);

  /// See `check_over`.
  static caf::error may_erase(const state& now, const entity::key& id);

  /// Fields: `state`, `project`, `open` (`true` if it is to be loaded at start,
  /// `archived` if it is, else `false`), `copies` (see `origin_in_use`).
  static store::summary_row summarise(const state& now, const entity::key& id);
};

} // namespace machine::orchestrator

// Compiled once, in codec.cpp.
extern template struct machine::wire::codec<
  machine::orchestrator::attempt_order>;
extern template struct machine::wire::message_codec<
  machine::orchestrator::attempt_order>;
extern template struct machine::wire::codec<
  machine::entity::outcome<machine::orchestrator::run>>;
extern template struct machine::wire::message_codec<
  machine::entity::outcome<machine::orchestrator::run>>;
extern template struct machine::wire::codec<
  machine::entity::recorded<machine::orchestrator::run_event>>;
extern template struct machine::wire::message_codec<
  machine::entity::recorded<machine::orchestrator::run_event>>;
