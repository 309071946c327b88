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

constexpr size_t max_webhooks = 20;

/// Of a webhook's address, in bytes.
constexpr size_t max_webhook_url = 2'048;

/// Notices that wait to be sent; the oldest give way.
constexpr size_t max_deliveries = 1'000;

/// How long a rolling window may be.
constexpr duration min_rolling{3'600'000};
constexpr duration max_rolling{31 * 86'400'000LL};

/// Hours of spending that are kept for the search for anomalies: four weeks,
/// the hour before and the hour itself.
constexpr size_t max_hours = 28 * 24 + 2;

/// The least modified z-score of an anomaly; Iglewicz and Hoaglin suggest it.
constexpr double min_anomaly_z = 3.5;

/// What the median deviation of the logarithms is at least, a factor of 1.25:
/// nothing below about thrice the usual is an anomaly.
constexpr double min_anomaly_spread = 0.223;

/// By how much an anomaly exceeds what is usual, at least: a dollar.
constexpr micro_usd min_anomaly_excess = 1'000'000;

/// Hours since the first spending, before which nothing is an anomaly.
constexpr int64_t min_anomaly_age = 3 * 24;

/// Hours with spending that must be known for it.
constexpr size_t min_anomaly_hours = 24;

/// Hours since the first spending, from which on an hour is compared with the
/// same hours of the week, and how many of those must have spending.
constexpr int64_t min_season_age = 14 * 24;
constexpr size_t min_season_hours = 6;

} // namespace machine::costs
