#pragma once

#include "actors/costs/ledger/state.hpp"

namespace machine::costs {

/// A budget as lists show it.
struct budget_summary {
  budget what;
  timestamp since{};
  micro_usd settled = 0;
  micro_usd leased = 0;
  /// What calls may still take; less than zero where they took too much.
  micro_usd left = 0;
  std::optional<timestamp> window_ends;

  static constexpr const char* wire_name = "budget_summary";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"what", &budget_summary::what},
      wire::field{"since", &budget_summary::since},
      wire::field{"settled", &budget_summary::settled},
      wire::field{"leased", &budget_summary::leased},
      wire::field{"left", &budget_summary::left},
      wire::field{"window_ends", &budget_summary::window_ends});
  }

  bool operator==(const budget_summary&) const = default;
};

/// *x* as it is at *now*, when its window may have begun anew.
budget_summary summary_of(const budget_state& x, timestamp now);

/// What is settled and not yet forgotten at *now*.
micro_usd settled_at(const budget_state& x, timestamp now);

/// What is neither settled nor leased at *now*.
micro_usd free_at(const budget_state& x, timestamp now);

} // namespace machine::costs
