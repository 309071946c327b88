#pragma once

#include "runtime/security/state_table.hpp"
#include "runtime/security/token_bucket.hpp"

namespace machine::security {

/// A token bucket for each key (an address, a tenant, an API key), for any
/// number of threads. Buckets that are full are not kept. When as many are kept
/// as there may be, all other keys take from one bucket together, until one of
/// those is full.
class limiter {
public:
  /// @param limits Of every bucket; see `check_rate_limit`.
  /// @param max_keys How many buckets are kept, of some 250 bytes each.
  limiter(const rate_limit& limits, size_t max_keys);

  /// Takes *cost* tokens from the bucket of *key*, or none; see
  /// `security::take`. *now* should be of a clock that does not go back.
  taking take(std::string_view key, timestamp now, uint32_t cost = 1);

  /// Takes *cost* tokens from the bucket of *key*, or all that it has.
  void charge(std::string_view key, timestamp now, uint32_t cost);

  /// How many buckets are kept.
  size_t size() const {
    return buckets_.size();
  }

private:
  rate_limit limits_;
  state_table<token_bucket> buckets_;
};

} // namespace machine::security
