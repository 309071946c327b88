#pragma once

#include "actors/costs/ledger/budget.hpp"
#include "actors/costs/report/dimension.hpp"
#include "runtime/types.hpp"

#include <optional>
#include <string>
#include <vector>

/// Commands about what models cost, and what they may.
namespace machine::cli {

struct cost_budget_list {};

struct cost_budget_show {
  std::string id;
};

/// `cost budget set ID`: makes it, or changes what is named.
struct cost_budget_set {
  std::string id;
  std::optional<micro_usd> limit;
  /// What it is for, and which of those.
  std::optional<costs::budget_scope> scope;
  std::string subject;
  std::optional<costs::budget_window> window;
  std::optional<duration> length;
  std::optional<costs::budget_kind> kind;
  std::vector<uint32_t> alerts;
  bool no_alerts = false;
};

struct cost_budget_remove {
  std::string id;
};

/// `cost report`: what was spent, summed up.
struct cost_report {
  std::vector<costs::dimension> by{costs::dimension::model};
  std::optional<timestamp> since;
  std::optional<timestamp> until;
  std::optional<std::string> project;
  std::optional<std::string> model;
  std::optional<std::string> key;
  std::optional<std::string> run;
  std::optional<std::string> tag;
  bool csv = false;
};

/// `cost top`: who spends most of late.
struct cost_top {
  uint32_t minutes = 60;
  uint32_t limit = 10;
  /// Until somebody stops it.
  bool watch = false;
};

/// `cost forecast`: when budgets will be used up.
struct cost_forecast {};

} // namespace machine::cli
