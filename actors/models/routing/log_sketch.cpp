#include "actors/models/routing/log_sketch.hpp"

#include <algorithm>
#include <cmath>

namespace machine::models {

namespace {

constexpr double growth = 1.2;

/// The geometric middles of the buckets.
constexpr auto middles = [] {
  std::array<double, log_sketch::buckets> result{};
  auto x = 1.0954451150103321; // The root of growth.
  for (auto& middle : result) {
    middle = x;
    x *= growth;
  }
  return result;
}();

} // namespace

uint64_t log_sketch::total() const {
  uint64_t sum = 0;
  for (auto x : counts)
    sum += x;
  return sum;
}

void log_sketch::forget() {
  while (total() >= capacity)
    for (auto& x : counts)
      x /= 2;
}

void log_sketch::add(double value) {
  if (std::isnan(value))
    return;
  auto last = static_cast<double>(buckets - 1);
  auto place = std::log(std::max(value, 1.0)) / std::log(growth);
  ++counts[static_cast<size_t>(std::min(place, last))];
  forget();
}

void log_sketch::add(const log_sketch& other) {
  for (size_t i = 0; i < buckets; ++i) {
    auto sum = uint64_t{counts[i]} + other.counts[i];
    counts[i] = static_cast<uint32_t>(std::min<uint64_t>(sum, UINT32_MAX));
  }
  forget();
}

std::optional<double> log_sketch::quantile(double q) const {
  auto all = total();
  if (all == 0)
    return std::nullopt;
  auto rank = std::clamp(q, 0.0, 1.0) * static_cast<double>(all - 1);
  uint64_t below = 0;
  for (size_t i = 0; i < buckets; ++i) {
    below += counts[i];
    if (static_cast<double>(below) > rank)
      return middles[i];
  }
  return middles.back();
}

std::optional<double> log_sketch::mean() const {
  auto all = total();
  if (all == 0)
    return std::nullopt;
  double sum = 0;
  for (size_t i = 0; i < buckets; ++i)
    sum += counts[i] * middles[i];
  return sum / static_cast<double>(all);
}

std::optional<double> log_sketch::spread() const {
  auto middle = mean();
  if (!middle)
    return std::nullopt;
  double sum = 0;
  for (size_t i = 0; i < buckets; ++i)
    sum += counts[i] * std::pow(middles[i] - *middle, 2);
  return std::sqrt(sum / static_cast<double>(total())) / *middle;
}

} // namespace machine::models
