#include "actors/costs/ledger/anomaly.hpp"

#include "actors/costs/ledger/bounds.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <numeric>

namespace machine::costs {

namespace {

constexpr int64_t hours_of_week = 7 * 24;

/// The MAD of a normal distribution is so many standard deviations.
constexpr double mad_of_normal = 0.6745;

/// Of *xs*, of which there are some.
template <class T>
T median(std::vector<T> xs) {
  auto middle = xs.begin() + static_cast<std::ptrdiff_t>(xs.size() / 2);
  std::nth_element(xs.begin(), middle, xs.end());
  if (xs.size() % 2 == 1)
    return *middle;
  return std::midpoint(*std::max_element(xs.begin(), middle), *middle);
}

double distance(micro_usd x, micro_usd from) {
  return std::log(static_cast<double>(x) / static_cast<double>(from));
}

double deviation(const std::vector<micro_usd>& xs, micro_usd from) {
  std::vector<double> apart;
  for (auto x : xs)
    apart.push_back(std::abs(distance(x, from)));
  return median(std::move(apart));
}

/// What was spent in the hours before one, without those of nothing.
class history {
public:
  explicit history(const std::vector<spending_bucket>& hours) {
    auto last = hours.back().number;
    for (auto& x : hours) {
      if (x.number >= last || x.amount <= 0)
        continue;
      all_.push_back(x.amount);
      // The hour just before is of today, and not of the season.
      if (last - x.number > 1)
        of_week_[slot(x.number)].push_back(x.amount);
    }
  }

  const std::vector<micro_usd>& all() const {
    return all_;
  }

  /// The same hours of the week as *hour*, and their neighbours.
  std::vector<micro_usd> season(int64_t hour) const {
    std::vector<micro_usd> result;
    for (auto near : {hour - 1, hour, hour + 1}) {
      auto& xs = of_week_[slot(near)];
      result.insert(result.end(), xs.begin(), xs.end());
    }
    return result;
  }

  /// How far hours are from what is usual at their hour of the week: of one
  /// hour alone there are too few to tell.
  double spread_of_seasons() const {
    std::vector<double> apart;
    for (int64_t hour = 0; hour < hours_of_week; ++hour) {
      auto& xs = of_week_[slot(hour)];
      if (xs.empty())
        continue;
      auto usual = median(season(hour));
      for (auto x : xs)
        apart.push_back(std::abs(distance(x, usual)));
    }
    return apart.empty() ? 0 : median(std::move(apart));
  }

private:
  static size_t slot(int64_t hour) {
    return static_cast<size_t>((hour % hours_of_week + hours_of_week)
                               % hours_of_week);
  }

  std::vector<micro_usd> all_;
  std::array<std::vector<micro_usd>, hours_of_week> of_week_;
};

} // namespace

int64_t hour_of(timestamp at) {
  return std::chrono::floor<std::chrono::hours>(at).time_since_epoch().count();
}

timestamp begin_of_hour(int64_t number) {
  return timestamp{std::chrono::hours{number}};
}

std::optional<spend_anomaly>
find_anomaly(const std::vector<spending_bucket>& hours, int64_t first) {
  if (hours.empty())
    return std::nullopt;
  auto [number, spent] = hours.back();
  if (spent < min_anomaly_excess || number - first < min_anomaly_age)
    return std::nullopt;
  history before{hours};
  auto season = before.season(number);
  auto has_season =
    number - first >= min_season_age && season.size() >= min_season_hours;
  auto& others = has_season ? season : before.all();
  if (others.empty() || (!has_season && others.size() < min_anomaly_hours))
    return std::nullopt;
  auto usual = median(others);
  if (spent - usual < min_anomaly_excess)
    return std::nullopt;
  auto score = [&, far = distance(spent, usual)](double spread) {
    return mad_of_normal * far / std::max(spread, min_anomaly_spread);
  };
  auto z = score(deviation(others, usual));
  if (has_season && z >= min_anomaly_z)
    z = std::min(z, score(before.spread_of_seasons()));
  if (z < min_anomaly_z)
    return std::nullopt;
  // Two digits are all that anybody reads.
  return spend_anomaly{begin_of_hour(number), spent, usual,
                       std::round(z * 100) / 100};
}

} // namespace machine::costs
