#include "runtime/security/limiter.hpp"

namespace machine::security {

limiter::limiter(const rate_limit& limits, size_t max_keys)
    : limits_(limits),
      // A bucket may believe to be that far ahead, and be empty then.
      buckets_(max_keys, 2 * fill_time(limits),
               [limits](auto& x) { return full_from(x, limits); }) {}

taking limiter::take(std::string_view key, timestamp now, uint32_t cost) {
  return buckets_.with(key, now, [&](token_bucket& x, state_owner) {
    return security::take(x, limits_, now, cost);
  });
}

void limiter::charge(std::string_view key, timestamp now, uint32_t cost) {
  buckets_.with(key, now, [&](token_bucket& x, state_owner) {
    security::charge(x, limits_, now, cost);
    return true;
  });
}

} // namespace machine::security
