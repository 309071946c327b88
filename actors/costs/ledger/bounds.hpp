#pragma once

#include "runtime/types.hpp"

#include <cstddef>

/// Bounds on what a ledger holds, so that its snapshot always fits into the
/// store (see `runtime/store/check.hpp`).
namespace machine::costs {

constexpr size_t max_budgets = 1'000;

/// Of the name of a budget, a subject or a tag, in bytes.
constexpr size_t max_name = 256;

/// Thresholds of one budget.
constexpr size_t max_alerts = 10;

/// Tags of one call.
constexpr size_t max_tags = 16;

/// Nodes and runs that have a lease at one time.
constexpr size_t max_holders = 100'000;

/// Of one message of a holder: what it causes must fit into one append.
constexpr size_t max_lines = 200;

/// Holders that have settled everything of which is known that they did.
constexpr size_t max_closed_holders = 1'000;

/// How long a node is waited for before its lease counts as spent.
constexpr duration min_lease_time{1'000};
constexpr duration max_lease_time{86'400'000};

/// How long a node that was given up is waited for.
constexpr duration max_absence{30 * 86'400'000LL};

/// How long a budget counts as scarce after somebody lacked some.
constexpr duration scarcity{10'000};

/// How long a rolling window may be.
constexpr duration min_rolling{3'600'000};
constexpr duration max_rolling{31 * 86'400'000LL};

/// Hours of spending that are kept for the search for anomalies: two weeks.
constexpr size_t max_hours = 14 * 24;

} // namespace machine::costs
