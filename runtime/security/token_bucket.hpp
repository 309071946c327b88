#pragma once

#include "runtime/error.hpp"
#include "runtime/types.hpp"

#include <cstdint>

namespace machine::security {

/// How fast something may be done, and how much of it at once.
///
/// All counts are integers: a thousandth of a token a second is a billionth of
/// one a microsecond, so a bucket refills by a product, which is exact. With
/// doubles it would depend on how often somebody looks.
struct rate_limit {
  /// Thousandths of a token a second, 1 to 1,000,000,000.
  int64_t per_1000_seconds = 1'000;
  /// Tokens in a full bucket, 1 to 1,000,000.
  int64_t burst = 1;

  bool operator==(const rate_limit&) const = default;
};

/// `invalid_argument` unless *x* is within its bounds. What is done with other
/// limits is done with the nearest that are.
caf::error check_rate_limit(const rate_limit& x);

/// How long an empty bucket takes to be full again, rounded up.
std::chrono::microseconds fill_time(const rate_limit& x);

/// What has been taken lately. A new one is full, whatever its limits.
struct token_bucket {
  /// What a full one has more, at the time *at*, in billionths of a token.
  int64_t missing = 0;
  timestamp at{};

  bool operator==(const token_bucket&) const = default;
};

/// What fields of HTTP say about a limit
/// (draft-ietf-httpapi-ratelimit-headers): `RateLimit-Policy:
/// "default";q=<limit>;w=<window>` and `RateLimit:
/// "default";r=<remaining>;t=<reset>`.
struct quota {
  int64_t limit = 0;
  /// Whole tokens that are left.
  int64_t remaining = 0;
  /// How long an empty bucket takes to be full.
  std::chrono::seconds window{0};
  /// How long this one takes; zero if it is.
  std::chrono::seconds reset{0};

  bool operator==(const quota&) const = default;
};

/// Whether it may be done.
enum class permit : uint8_t {
  granted,
  /// Not yet.
  later,
  /// It costs more than a full bucket has.
  never,
};

/// The answer to `take`.
struct taking {
  permit what = permit::granted;
  /// Of `later`: after this time there is enough, if nobody else takes it. For
  /// `Retry-After`, round it up to seconds.
  duration wait{0};
  quota left;
};

/// Takes *cost* tokens out of *from* if it has them at *now*, else nothing.
///
/// A clock that goes back a little refills nothing twice. After one that goes
/// back by more than `fill_time` nobody waits for longer than twice that.
taking take(token_bucket& from, const rate_limit& limits, timestamp now,
            uint32_t cost = 1);

/// Takes *cost* tokens out of *from*, or all that it has.
void charge(token_bucket& from, const rate_limit& limits, timestamp now,
            uint32_t cost);

/// From when on *x* is full, if nothing is taken.
timestamp full_from(const token_bucket& x, const rate_limit& limits);

} // namespace machine::security
