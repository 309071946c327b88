#pragma once

#include "actors/models/chat.hpp"
#include "actors/tracker/task.hpp"
#include "runtime/wire/codec.hpp"

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace machine::tracker {

struct project_created {
  std::string name;
  /// What all of its runs together may spend; none: no limit.
  std::optional<micro_usd> budget;

  static constexpr const char* wire_name = "project_created";

  static constexpr auto fields() {
    return wire::members(wire::field{"name", &project_created::name},
                         wire::field{"budget", &project_created::budget});
  }

  bool operator==(const project_created&) const = default;
};

struct project_budget_changed {
  std::optional<micro_usd> budget;

  static constexpr const char* wire_name = "project_budget_changed";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"budget", &project_budget_changed::budget});
  }

  bool operator==(const project_budget_changed&) const = default;
};

struct project_limit_changed {
  /// Runs that may be at work at one time; none: no limit.
  std::optional<uint32_t> max_runs;

  static constexpr const char* wire_name = "project_limit_changed";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"max_runs", &project_limit_changed::max_runs});
  }

  bool operator==(const project_limit_changed&) const = default;
};

/// A run waits for a place. It stands where it stood if it waited already: it
/// has asked again.
struct run_enqueued {
  std::string run;
  micro_usd amount = 0;
  uint32_t priority = 0;

  static constexpr const char* wire_name = "run_enqueued";

  static constexpr auto fields() {
    return wire::members(wire::field{"run", &run_enqueued::run},
                         wire::field{"amount", &run_enqueued::amount},
                         wire::field{"priority", &run_enqueued::priority});
  }

  bool operator==(const run_enqueued&) const = default;
};

/// There was a place for a run that waited, but no money.
struct run_turned_away {
  std::string run;
  std::string code;
  std::string message;

  static constexpr const char* wire_name = "run_turned_away";

  static constexpr auto fields() {
    return wire::members(wire::field{"run", &run_turned_away::run},
                         wire::field{"code", &run_turned_away::code},
                         wire::field{"message", &run_turned_away::message});
  }

  bool operator==(const run_turned_away&) const = default;
};

/// A part of the budget was set aside for a run, which has a place with it
/// unless it shares that of another.
struct budget_leased {
  std::string run;
  micro_usd amount = 0;
  /// The run from whose lease it was taken.
  std::optional<std::string> from;

  static constexpr const char* wire_name = "budget_leased";

  static constexpr auto fields() {
    return wire::members(wire::field{"run", &budget_leased::run},
                         wire::field{"amount", &budget_leased::amount},
                         wire::field{"from", &budget_leased::from});
  }

  bool operator==(const budget_leased&) const = default;
};

/// A line of the ledger: money that a run has spent.
struct charge_booked {
  std::string run;
  /// The run's own number of the charge: 1, 2, 3, ...
  uint64_t number = 0;
  timestamp at{};
  std::string effect;
  std::string model;
  std::optional<models::token_usage> usage;
  micro_usd cost = 0;

  static constexpr const char* wire_name = "charge_booked";

  static constexpr auto fields() {
    return wire::members(wire::field{"run", &charge_booked::run},
                         wire::field{"number", &charge_booked::number},
                         wire::field{"at", &charge_booked::at},
                         wire::field{"effect", &charge_booked::effect},
                         wire::field{"model", &charge_booked::model},
                         wire::field{"usage", &charge_booked::usage},
                         wire::field{"cost", &charge_booked::cost});
  }

  bool operator==(const charge_booked&) const = default;
};

/// A run has ended; the rest of its lease is free again, and its place.
struct lease_closed {
  std::string run;
  micro_usd spent = 0;

  static constexpr const char* wire_name = "lease_closed";

  static constexpr auto fields() {
    return wire::members(wire::field{"run", &lease_closed::run},
                         wire::field{"spent", &lease_closed::spent});
  }

  bool operator==(const lease_closed&) const = default;
};

struct task_created {
  tracker::task task;

  static constexpr const char* wire_name = "task_created";

  static constexpr auto fields() {
    return wire::members(wire::field{"task", &task_created::task});
  }

  bool operator==(const task_created&) const = default;
};

struct task_edited {
  std::string task;
  task_edit edit;

  static constexpr const char* wire_name = "task_edited";

  static constexpr auto fields() {
    return wire::members(wire::field{"task", &task_edited::task},
                         wire::field{"edit", &task_edited::edit});
  }

  bool operator==(const task_edited&) const = default;
};

struct task_commented {
  std::string task;
  std::string author;
  std::string text;

  static constexpr const char* wire_name = "task_commented";

  static constexpr auto fields() {
    return wire::members(wire::field{"task", &task_commented::task},
                         wire::field{"author", &task_commented::author},
                         wire::field{"text", &task_commented::text});
  }

  bool operator==(const task_commented&) const = default;
};
/// Everything that may stand in the log of a project.
using project_event =
  std::variant<project_created, project_budget_changed, project_limit_changed,
               run_enqueued, run_turned_away, budget_leased, charge_booked,
               lease_closed, task_created, task_edited, task_commented>;

} // namespace machine::tracker

// Compiled once, in codec.cpp.
extern template struct machine::wire::codec<machine::tracker::project_event>;
extern template struct machine::wire::message_codec<
  machine::tracker::project_event>;
