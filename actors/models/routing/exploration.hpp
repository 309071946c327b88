#pragma once

#include "actors/models/routing/policy.hpp"

namespace machine::models {

/// What exploring has cost of late.
struct exploration_ledger {
  /// When the window began.
  timestamp since{};
  micro_usd spent = 0;

  static constexpr const char* wire_name = "exploration_ledger";

  static constexpr auto fields() {
    return wire::members(wire::field{"since", &exploration_ledger::since},
                         wire::field{"spent", &exploration_ledger::spent});
  }

  bool operator==(const exploration_ledger&) const = default;
};

/// What may still be spent in the window of *now*; 0 if exploring is off.
micro_usd exploration_left(const exploration_ledger& x,
                           const exploration_rule& rule, timestamp now);

/// Books *cost* (`decision::exploration_cost`), which begins a new window if
/// the last one is over.
void spend_on_exploring(exploration_ledger& x, const exploration_rule& rule,
                        micro_usd cost, timestamp now);

} // namespace machine::models
