#include "actors/costs/report/forecast.hpp"

#include "actors/costs/ledger/anomaly.hpp"
#include "actors/costs/ledger/summary.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace machine::costs {

namespace {

/// Half of what is outside is above, and the rest below.
constexpr double z_of_four_fifths = 1.2816;

/// The MAD of a normal distribution times this is its standard deviation.
constexpr double deviation_of_mad = 1.4826;

double median_of(std::vector<double> xs) {
  auto middle = xs.begin() + static_cast<std::ptrdiff_t>(xs.size() / 2);
  std::nth_element(xs.begin(), middle, xs.end());
  if (xs.size() % 2 == 1)
    return *middle;
  return std::midpoint(*std::max_element(xs.begin(), middle), *middle);
}

/// What one hour is believed to be at most.
double cap_of(const std::vector<micro_usd>& hours) {
  std::vector<double> spent;
  for (auto x : hours)
    if (x > 0)
      spent.push_back(static_cast<double>(x));
  if (spent.empty())
    return 0;
  auto usual = median_of(spent);
  for (auto& x : spent)
    x = std::abs(x - usual);
  auto spread = deviation_of_mad * median_of(std::move(spent));
  return std::max(usual + 3 * spread, 4 * usual);
}

/// What a budget is forecast from.
struct pace {
  forecast_source source = forecast_source::hours;
  double share = 1;
  /// Complete hours of the tenant.
  std::vector<micro_usd> hours;
};

/// What the tenant spent since the beginning of the hour of *since*.
micro_usd spent_since(const ledger_state& in, timestamp since) {
  micro_usd sum = 0;
  for (auto& x : in.hours)
    if (x.number >= hour_of(since))
      sum += x.amount;
  return sum;
}

pace pace_of(const budget_state& of, const ledger_state& in, timestamp now) {
  pace result;
  auto first = in.first_hour.value_or(hour_of(now));
  if (of.what.scope != budget_scope::tenant) {
    auto begin =
      std::max(begin_of_window(of.what, now).value_or(of.since), of.since);
    auto all = spent_since(in, begin);
    result.source = forecast_source::share_of_hours;
    result.share = all <= 0
                   ? 0
                   : std::min(1.0, static_cast<double>(settled_at(of, now))
                                     / static_cast<double>(all));
    // Of less there is no share yet.
    if (now - begin < std::chrono::hours{min_rate_hours})
      return result;
  }
  auto end = hour_of(now);
  auto from = std::max(first, end - max_rate_hours);
  if (from >= end)
    return result;
  result.hours.resize(static_cast<size_t>(end - from));
  for (auto& x : in.hours)
    if (x.number >= from && x.number < end)
      result.hours[static_cast<size_t>(x.number - from)] = x.amount;
  return result;
}

/// Whether there was spending in the last hours, or is in this one.
bool is_idle(const ledger_state& in, timestamp now) {
  return in.hours.empty() || in.hours.back().number < hour_of(now) - idle_hours;
}

std::optional<timestamp> in_hours(timestamp now, double hours) {
  auto ms = hours * 3'600'000;
  if (!(ms <= static_cast<double>(max_outlook.count())))
    return std::nullopt;
  return now + duration{static_cast<int64_t>(ms)};
}

/// When a rolling window is full: what was spent in its pieces leaves it one by
/// one, a piece after the end of the window.
std::optional<timestamp> end_of_rolling(const budget_state& of, micro_usd left,
                                        double rate, timestamp now) {
  auto sum = of.sum;
  roll(sum, of.what, now);
  auto length = of.what.length.value_or(duration{86'400'000});
  auto piece = static_cast<double>(length.count()) / rolling_pieces / 3'600'000;
  auto room = static_cast<double>(left);
  auto leaving = sum.buckets.begin();
  // The piece that has begun counts as a whole one.
  for (int64_t i = 0; i <= rolling_pieces; ++i) {
    if (room <= rate * piece)
      return in_hours(now, static_cast<double>(i) * piece + room / rate);
    room -= rate * piece;
    for (; leaving != sum.buckets.end()
           && leaving->number <= sum.period + i - rolling_pieces;
         ++leaving)
      room += static_cast<double>(leaving->amount);
  }
  return std::nullopt;
}

std::optional<timestamp> end_at(const budget_state& of, double rate,
                                timestamp now) {
  if (!(rate > 0))
    return std::nullopt;
  auto left = of.what.limit - settled_at(of, now);
  auto at = of.what.window == budget_window::rolling
            ? end_of_rolling(of, left, rate, now)
            : in_hours(now, static_cast<double>(left) / rate);
  auto end = end_of_window(of.what, now);
  return at && end && *at >= *end ? std::nullopt : at;
}

} // namespace

hourly_rate rate_of(const std::vector<micro_usd>& hours) {
  auto cap = cap_of(hours);
  double weights = 0;
  double squares = 0;
  double sum = 0;
  auto weight = [&](size_t i) {
    return std::exp2(-static_cast<double>(hours.size() - 1 - i)
                     / rate_half_life);
  };
  auto value = [&](size_t i) {
    return std::min(static_cast<double>(hours[i]), cap);
  };
  for (size_t i = 0; i < hours.size(); ++i) {
    weights += weight(i);
    squares += weight(i) * weight(i);
    sum += weight(i) * value(i);
  }
  if (hours.empty())
    return {};
  auto mean = sum / weights;
  double variance = 0;
  for (size_t i = 0; i < hours.size(); ++i)
    variance += weight(i) * (value(i) - mean) * (value(i) - mean);
  auto error = std::sqrt(variance / weights * squares) / weights;
  auto half = z_of_four_fifths * error;
  return {mean, std::max(0.0, mean - half), mean + half};
}

forecast forecast_of(const budget_state& of, const ledger_state& in,
                     timestamp now) {
  auto pace = pace_of(of, in, now);
  auto tenant = rate_of(pace.hours);
  auto of_budget = [&](double x) { return x * pace.share; };
  forecast result;
  result.budget = of.what.id;
  result.source = pace.source;
  result.hours = static_cast<uint32_t>(pace.hours.size());
  result.rate = std::llround(of_budget(tenant.mean));
  result.rate_low = std::llround(of_budget(tenant.low));
  result.rate_high = std::llround(of_budget(tenant.high));
  if (of.what.limit <= settled_at(of, now)) {
    result.outlook = outlook::used_up;
    return result;
  }
  if (is_idle(in, now)) {
    result.outlook = outlook::idle;
    return result;
  }
  if (pace.hours.size() < static_cast<size_t>(min_rate_hours))
    return result;
  if (of_budget(tenant.mean) <= 0) {
    result.outlook = outlook::idle;
    return result;
  }
  result.at = end_at(of, of_budget(tenant.mean), now);
  result.earliest = end_at(of, of_budget(tenant.high), now);
  result.latest = end_at(of, of_budget(tenant.low), now);
  result.outlook = result.at ? outlook::runs_out : outlook::lasts;
  return result;
}

} // namespace machine::costs
