#pragma once

#include "actors/costs/money.hpp"
#include "runtime/error.hpp"
#include "runtime/wire/codec.hpp"

#include <array>
#include <optional>
#include <string>
#include <vector>

namespace machine::costs {

/// What a budget is for.
enum class budget_scope : uint8_t {
  /// Everything.
  tenant,
  project,
  principal,
  /// What is asked for with one key.
  key,
  run,
  /// Calls of an agent with one role.
  agent,
  model,
  tag,
};

constexpr auto wire_names(budget_scope) {
  return std::array<std::pair<std::string_view, budget_scope>, 8>{{
    {"tenant", budget_scope::tenant},
    {"project", budget_scope::project},
    {"principal", budget_scope::principal},
    {"key", budget_scope::key},
    {"run", budget_scope::run},
    {"agent", budget_scope::agent},
    {"model", budget_scope::model},
    {"tag", budget_scope::tag},
  }};
}

/// The time that a budget's limit is for. Days, weeks (from Monday) and months
/// are those of UTC.
enum class budget_window : uint8_t { total, day, week, month, rolling };

constexpr auto wire_names(budget_window) {
  return std::array<std::pair<std::string_view, budget_window>, 5>{{
    {"total", budget_window::total},
    {"day", budget_window::day},
    {"week", budget_window::week},
    {"month", budget_window::month},
    {"rolling", budget_window::rolling},
  }};
}

enum class budget_kind : uint8_t {
  /// Calls that it does not cover are refused.
  hard,
  /// Calls are only counted, and alerts told.
  soft,
};

constexpr auto wire_names(budget_kind) {
  return std::array<std::pair<std::string_view, budget_kind>, 2>{{
    {"hard", budget_kind::hard},
    {"soft", budget_kind::soft},
  }};
}

/// A limit on money.
struct budget {
  /// Its name within the tenant.
  std::string id;
  budget_scope scope = budget_scope::tenant;
  /// Which project, principal, key, run, agent, model or tag; empty for the
  /// tenant.
  std::string subject;
  micro_usd limit = 0;
  budget_window window = budget_window::total;
  /// Of a rolling window.
  std::optional<duration> length{};
  budget_kind kind = budget_kind::hard;
  /// Percents of the limit; passing one is told once in a window.
  std::vector<uint32_t> alerts{80, 100};

  static constexpr const char* wire_name = "budget";
  /// There are those of projects, too.
  static constexpr const char* schema_name = "cost_budget";

  static constexpr auto fields() {
    return wire::members(wire::field{"id", &budget::id},
                         wire::field{"scope", &budget::scope},
                         wire::field{"subject", &budget::subject},
                         wire::field{"limit", &budget::limit},
                         wire::field{"window", &budget::window},
                         wire::field{"length", &budget::length},
                         wire::field{"kind", &budget::kind},
                         wire::field{"alerts", &budget::alerts});
  }

  bool operator==(const budget&) const = default;
};

/// Whose call it is, and of what: what budgets are matched with. What is empty
/// does not apply.
struct call_account {
  std::string project;
  std::string principal;
  std::string key;
  std::string run;
  std::string agent;
  std::string model;
  std::vector<std::string> tags;

  static constexpr const char* wire_name = "call_account";

  static constexpr auto fields() {
    return wire::members(wire::field{"project", &call_account::project},
                         wire::field{"principal", &call_account::principal},
                         wire::field{"key", &call_account::key},
                         wire::field{"run", &call_account::run},
                         wire::field{"agent", &call_account::agent},
                         wire::field{"model", &call_account::model},
                         wire::field{"tags", &call_account::tags});
  }

  bool operator==(const call_account&) const = default;
};

/// Whether *x* counts the calls of *whose*.
bool concerns(const budget& x, const call_account& whose);

/// Whether *scope* is known when a run begins, and not only when it makes a
/// call.
bool is_of_run(budget_scope scope);

/// `invalid_argument` or `limit_exceeded` unless *x* can be a budget.
caf::error check(const budget& x);

/// Likewise for tags and names.
caf::error check(const call_account& x);

} // namespace machine::costs
