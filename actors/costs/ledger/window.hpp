#pragma once

#include "actors/costs/ledger/budget.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace machine::costs {

/// What was settled in one piece of a rolling window.
struct spending_bucket {
  int64_t number = 0;
  micro_usd amount = 0;

  static constexpr const char* wire_name = "spending_bucket";

  static constexpr auto fields() {
    return wire::members(wire::field{"number", &spending_bucket::number},
                         wire::field{"amount", &spending_bucket::amount});
  }

  bool operator==(const spending_bucket&) const = default;
};

/// What counts against a budget's limit in its present window.
struct window_sum {
  /// Of days, weeks or months since 1970; of the newest piece where it rolls.
  int64_t period = 0;
  micro_usd settled = 0;
  /// Of a rolling window, oldest first.
  std::vector<spending_bucket> buckets;

  static constexpr const char* wire_name = "window_sum";

  static constexpr auto fields() {
    return wire::members(wire::field{"period", &window_sum::period},
                         wire::field{"settled", &window_sum::settled},
                         wire::field{"buckets", &window_sum::buckets});
  }

  bool operator==(const window_sum&) const = default;
};

/// Pieces of a rolling window. Spending leaves the window a piece late, never
/// early.
constexpr int64_t rolling_pieces = 24;

/// Which window *at* is in; it only grows with time.
int64_t period_of(const budget& of, timestamp at);

/// When the window that *at* is in began; none: with the budget.
std::optional<timestamp> begin_of_window(const budget& of, timestamp at);

/// When the window that *at* is in ends; none: never.
std::optional<timestamp> end_of_window(const budget& of, timestamp at);

/// Forgets what is no longer in the window at *now*. Does nothing if *now* is
/// before what was seen already: a clock may go back, a window does not.
void roll(window_sum& x, const budget& of, timestamp now);

/// Adds what is settled at *now*, after `roll`. A negative *amount* takes back
/// what counted before.
void add(window_sum& x, const budget& of, micro_usd amount, timestamp now);

} // namespace machine::costs
