#include "runtime/security/token_bucket.hpp"

#include <algorithm>

namespace machine::security {

namespace {

/// Parts of a token that buckets count in.
constexpr int64_t token_parts = 1'000'000'000;

constexpr rate_limit least_rate{1, 1};
constexpr rate_limit most_rate{1'000'000'000, 1'000'000};

rate_limit within_bounds(const rate_limit& x) {
  return {std::clamp(x.per_1000_seconds, least_rate.per_1000_seconds,
                     most_rate.per_1000_seconds),
          std::clamp(x.burst, least_rate.burst, most_rate.burst)};
}

/// How long it takes to refill *missing*.
std::chrono::microseconds refill_time(int64_t missing,
                                      const rate_limit& limits) {
  auto rate = limits.per_1000_seconds;
  return std::chrono::microseconds{(missing + rate - 1) / rate};
}

token_bucket refill(token_bucket x, const rate_limit& limits, timestamp now) {
  // Of limits that were lowered meanwhile, or a state that was made up.
  x.missing = std::clamp<int64_t>(x.missing, 0, limits.burst * token_parts);
  if (now <= x.at) {
    auto latest = now + refill_time(limits.burst * token_parts, limits);
    x.at = std::min(x.at, latest);
    return x;
  }
  // First whether it is full, as the product could be larger than an integer.
  if (now - x.at >= refill_time(x.missing, limits))
    x.missing = 0;
  else
    x.missing -= (now - x.at).count() * limits.per_1000_seconds;
  x.at = now;
  return x;
}

} // namespace

caf::error check_rate_limit(const rate_limit& x) {
  if (within_bounds(x) == x)
    return {};
  return make_error(ec::invalid_argument,
                    "the rate limit is out of bounds; take 0.001 to 1,000,000 "
                    "a second, and a burst of 1 to 1,000,000");
}

std::chrono::microseconds fill_time(const rate_limit& x) {
  auto limits = within_bounds(x);
  return refill_time(limits.burst * token_parts, limits);
}

taking take(token_bucket& from, const rate_limit& limits, timestamp now,
            uint32_t cost) {
  using std::chrono::ceil;
  auto within = within_bounds(limits);
  auto most = within.burst * token_parts;
  from = refill(from, within, now);
  taking result;
  if (cost > within.burst) {
    result.what = permit::never;
  } else if (auto over = from.missing + cost * token_parts - most; over > 0) {
    result.what = permit::later;
    result.wait = ceil<duration>(from.at - now + refill_time(over, within));
  } else {
    from.missing += cost * token_parts;
  }
  result.left.limit = within.burst;
  result.left.remaining = (most - from.missing) / token_parts;
  result.left.window = ceil<std::chrono::seconds>(refill_time(most, within));
  result.left.reset = ceil<std::chrono::seconds>(
    std::max(full_from(from, within) - now, std::chrono::microseconds{0}));
  return result;
}

void charge(token_bucket& from, const rate_limit& limits, timestamp now,
            uint32_t cost) {
  auto within = within_bounds(limits);
  from = refill(from, within, now);
  from.missing =
    std::min(from.missing + cost * token_parts, within.burst * token_parts);
}

timestamp full_from(const token_bucket& x, const rate_limit& limits) {
  auto within = within_bounds(limits);
  return x.at
       + refill_time(
           std::clamp<int64_t>(x.missing, 0, within.burst * token_parts),
           within);
}

} // namespace machine::security
