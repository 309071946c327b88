#pragma once

#include "actors/tracker/events.hpp"
#include "runtime/wire/codec.hpp"

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace machine::tracker {

struct create_project {
  std::string name;
  std::optional<micro_usd> budget;
  std::optional<uint32_t> max_runs;

  static constexpr const char* wire_name = "create_project";

  static constexpr auto fields() {
    return wire::members(wire::field{"name", &create_project::name},
                         wire::field{"budget", &create_project::budget},
                         wire::field{"max_runs", &create_project::max_runs});
  }

  bool operator==(const create_project&) const = default;
};

/// A limit that may be taken away.
struct budget_limit {
  std::optional<micro_usd> amount;

  static constexpr const char* wire_name = "budget_limit";

  static constexpr auto fields() {
    return wire::members(wire::field{"amount", &budget_limit::amount});
  }

  bool operator==(const budget_limit&) const = default;
};

/// The same on runs at one time.
struct runs_limit {
  std::optional<uint32_t> runs;

  static constexpr const char* wire_name = "runs_limit";

  static constexpr auto fields() {
    return wire::members(wire::field{"runs", &runs_limit::runs});
  }

  bool operator==(const runs_limit&) const = default;
};

/// Changes limits of the project; what is missing stays.
struct change_project {
  std::optional<budget_limit> budget;
  std::optional<runs_limit> max_runs;

  static constexpr const char* wire_name = "change_project";

  static constexpr auto fields() {
    return wire::members(wire::field{"budget", &change_project::budget},
                         wire::field{"max_runs", &change_project::max_runs});
  }

  bool operator==(const change_project&) const = default;
};

/// Asks whether a run may be made here; it changes nothing. `not_found` if
/// there is no such project, but for `default`, or it has not the task.
struct check_run {
  /// What it is to be done for.
  std::optional<std::string> task;

  static constexpr const char* wire_name = "check_run";

  static constexpr auto fields() {
    return wire::members(wire::field{"task", &check_run::task});
  }

  bool operator==(const check_run&) const = default;
};

/// Sets a part of the budget aside for a run, which gives it a place among
/// those at work; asking again changes nothing. Where there is no place, it
/// waits for one, which the event `run_enqueued` in the answer says; then it
/// hears by `admit_run` or `refuse_run`.
///
/// `cancelled` if the run has ended: nobody would give it back.
struct lease_budget {
  std::string run;
  micro_usd amount = 0;
  /// 0 to 9, higher comes first; none: that of the task, or 0.
  std::optional<uint32_t> priority;
  /// What it is done for.
  std::optional<std::string> task;

  static constexpr const char* wire_name = "lease_budget";

  static constexpr auto fields() {
    return wire::members(wire::field{"run", &lease_budget::run},
                         wire::field{"amount", &lease_budget::amount},
                         wire::field{"priority", &lease_budget::priority},
                         wire::field{"task", &lease_budget::task});
  }

  bool operator==(const lease_budget&) const = default;
};

/// What a run may spend of the money of the run that called it.
struct lease_share {
  std::string run;
  std::string from;
  micro_usd amount = 0;

  static constexpr const char* wire_name = "lease_share";

  static constexpr auto fields() {
    return wire::members(wire::field{"run", &lease_share::run},
                         wire::field{"from", &lease_share::from},
                         wire::field{"amount", &lease_share::amount});
  }

  bool operator==(const lease_share&) const = default;
};

/// Writes charges of a run into the ledger, each once by its number. A run that
/// another called takes no place, and spends what that one has set aside for
/// it; the project hears of it when there is something to book.
struct book_charges {
  std::string run;
  std::vector<charge_booked> charges;
  /// From that of the run that the project has set money aside for, down to the
  /// run's own.
  std::vector<lease_share> shares{};

  static constexpr const char* wire_name = "book_charges";

  static constexpr auto fields() {
    return wire::members(wire::field{"run", &book_charges::run},
                         wire::field{"charges", &book_charges::charges},
                         wire::field{"shares", &book_charges::shares});
  }

  bool operator==(const book_charges&) const = default;
};

/// The run will spend no more, and waits for no place; its charges are all
/// booked.
struct close_lease {
  std::string run;
  micro_usd spent = 0;

  static constexpr const char* wire_name = "close_lease";

  static constexpr auto fields() {
    return wire::members(wire::field{"run", &close_lease::run},
                         wire::field{"spent", &close_lease::spent});
  }

  bool operator==(const close_lease&) const = default;
};

struct create_task {
  std::string title;
  std::string description;
  uint32_t priority = 0;
  std::optional<std::string> parent;
  std::vector<std::string> depends_on;
  std::vector<std::string> labels;
  std::string author;

  static constexpr const char* wire_name = "create_task";

  static constexpr auto fields() {
    return wire::members(wire::field{"title", &create_task::title},
                         wire::field{"description", &create_task::description},
                         wire::field{"priority", &create_task::priority},
                         wire::field{"parent", &create_task::parent},
                         wire::field{"depends_on", &create_task::depends_on},
                         wire::field{"labels", &create_task::labels},
                         wire::field{"author", &create_task::author});
  }

  bool operator==(const create_task&) const = default;
};

struct edit_task {
  std::string task;
  task_edit edit;

  static constexpr const char* wire_name = "edit_task";

  static constexpr auto fields() {
    return wire::members(wire::field{"task", &edit_task::task},
                         wire::field{"edit", &edit_task::edit});
  }

  bool operator==(const edit_task&) const = default;
};

struct comment_task {
  std::string task;
  std::string author;
  std::string text;

  static constexpr const char* wire_name = "comment_task";

  static constexpr auto fields() {
    return wire::members(wire::field{"task", &comment_task::task},
                         wire::field{"author", &comment_task::author},
                         wire::field{"text", &comment_task::text});
  }

  bool operator==(const comment_task&) const = default;
};

/// What a project may be asked to do.
using project_command =
  std::variant<create_project, change_project, lease_budget, book_charges,
               close_lease, create_task, edit_task, comment_task, check_run>;

} // namespace machine::tracker

// Compiled once, in codec.cpp.
extern template struct machine::wire::codec<machine::tracker::project_command>;
extern template struct machine::wire::message_codec<
  machine::tracker::project_command>;
