#include "actors/costs/ledger/window.hpp"

#include <algorithm>

namespace machine::costs {

namespace {

using std::chrono::days;
using std::chrono::sys_days;

/// Rounded towards the past, also before 1970.
int64_t day_of(timestamp at) {
  return std::chrono::floor<days>(at).time_since_epoch().count();
}

/// The first of January 1970 was a Thursday.
constexpr int64_t days_to_monday = 3;

int64_t floor_div(int64_t x, int64_t by) {
  return x >= 0 ? x / by : -((-x + by - 1) / by);
}

int64_t month_of(timestamp at) {
  std::chrono::year_month_day date{std::chrono::floor<days>(at)};
  return int64_t{static_cast<int>(date.year())} * 12
       + static_cast<unsigned>(date.month()) - 1;
}

sys_days first_of_month(int64_t number) {
  auto year = static_cast<int>(floor_div(number, 12));
  auto month = static_cast<unsigned>(number - int64_t{year} * 12 + 1);
  return std::chrono::year{year} / std::chrono::month{month} / 1;
}

int64_t piece_length(const budget& of) {
  return std::max<int64_t>(1, of.length.value_or(duration{86'400'000}).count()
                                / rolling_pieces);
}

int64_t milliseconds_of(timestamp at) {
  return std::chrono::floor<duration>(at.time_since_epoch()).count();
}

} // namespace

int64_t period_of(const budget& of, timestamp at) {
  switch (of.window) {
    case budget_window::total: return 0;
    case budget_window::day: return day_of(at);
    case budget_window::week: return floor_div(day_of(at) + days_to_monday, 7);
    case budget_window::month: return month_of(at);
    case budget_window::rolling:
      return floor_div(milliseconds_of(at), piece_length(of));
  }
  return 0;
}

std::optional<timestamp> begin_of_window(const budget& of, timestamp at) {
  auto period = period_of(of, at);
  switch (of.window) {
    case budget_window::day: return timestamp{sys_days{days{period}}};
    case budget_window::week:
      return timestamp{sys_days{days{period * 7 - days_to_monday}}};
    case budget_window::month: return timestamp{first_of_month(period)};
    case budget_window::rolling:
      return timestamp{duration{(period - rolling_pieces) * piece_length(of)}};
    case budget_window::total: return std::nullopt;
  }
  return std::nullopt;
}

std::optional<timestamp> end_of_window(const budget& of, timestamp at) {
  if (of.window == budget_window::rolling || of.window == budget_window::total)
    return std::nullopt;
  auto begin = begin_of_window(of, at);
  switch (of.window) {
    case budget_window::day: return *begin + days{1};
    case budget_window::week: return *begin + days{7};
    default: return timestamp{first_of_month(period_of(of, at) + 1)};
  }
}

void roll(window_sum& x, const budget& of, timestamp now) {
  auto period = period_of(of, now);
  if (period <= x.period)
    return;
  x.period = period;
  if (of.window != budget_window::rolling) {
    x.settled = 0;
    return;
  }
  auto old = [&](const spending_bucket& b) {
    return b.number < period - rolling_pieces;
  };
  x.buckets.erase(std::remove_if(x.buckets.begin(), x.buckets.end(), old),
                  x.buckets.end());
  x.settled = 0;
  for (auto& b : x.buckets)
    x.settled += b.amount;
}

void add(window_sum& x, const budget& of, micro_usd amount, timestamp now) {
  roll(x, of, now);
  x.settled = std::max<micro_usd>(x.settled + amount, 0);
  if (of.window != budget_window::rolling)
    return;
  if (x.buckets.empty() || x.buckets.back().number != x.period)
    x.buckets.push_back({x.period, 0});
  x.buckets.back().amount += amount;
  // What is taken back may be older than this piece.
  for (auto i = x.buckets.rbegin(); i != x.buckets.rend() && i->amount < 0;
       ++i) {
    auto missing = i->amount;
    i->amount = 0;
    if (std::next(i) != x.buckets.rend())
      std::next(i)->amount += missing;
  }
}

} // namespace machine::costs
