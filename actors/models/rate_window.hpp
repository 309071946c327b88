#pragma once

#include "actors/models/rates.hpp"
#include "runtime/types.hpp"

#include <array>
#include <cstdint>
#include <optional>

namespace machine::models {

/// What a key may do in a minute; 0: not bounded by us.
struct rate_limits {
  uint64_t requests_per_minute = 0;
  uint64_t tokens_per_minute = 0;

  bool operator==(const rate_limits&) const = default;
};

/// How much was begun in the last minute, to the second.
class minute_count {
public:
  /// What *amount* more has to wait for if *limit* is not to be exceeded in any
  /// minute. More than the limit itself waits for an empty minute.
  duration wait_for(uint64_t amount, uint64_t limit, timestamp now) const;

  void add(uint64_t amount, timestamp now);

  /// Takes back some of what was added at *then*.
  void take_back(uint64_t amount, timestamp then);

private:
  struct slot {
    int64_t second = -1;
    uint64_t amount = 0;
  };

  /// One more than a minute has: neither end of it is whole.
  std::array<slot, 61> slots_{};
};

/// What a provider lets a key do, as far as it has said.
class learned_limit {
public:
  duration wait_for(uint64_t amount, timestamp now) const;

  void take(uint64_t amount);

  /// @param in_flight What the provider had not seen yet when it said so.
  void learn(const rate_limit_state& said, uint64_t in_flight, timestamp now);

private:
  /// None: nothing is known, or it is too old to count.
  std::optional<double> left_;
  /// What comes back in a microsecond; 0: all of it at `full_`.
  double refill_ = 0;
  timestamp at_{};
  timestamp full_{};
  std::optional<uint64_t> limit_;
};

/// A call that was begun, for `rate_window::settle`.
struct rate_ticket {
  uint64_t tokens = 0;
  timestamp begun{};
  /// The provider has begun to answer, and counted it.
  bool heard = false;
};

/// Says whether a call may go now, by what was configured and by what the
/// provider has said in its headers. Pure; for one key; the times must not go
/// back.
class rate_window {
public:
  explicit rate_window(rate_limits configured = {}) : limits_(configured) {}

  /// How long a call of *tokens* has to wait at *now*; zero: it may go.
  duration wait_for(uint64_t tokens, timestamp now) const;

  /// Counts a call that is sent now.
  rate_ticket begin(uint64_t tokens, timestamp now);

  /// Its answer has begun, with *said*.
  void hear(rate_ticket& call, const std::optional<rate_report>& said,
            timestamp now);

  /// It has ended. What it was taken for is corrected to *tokens*; none: it is
  /// not known.
  void settle(rate_ticket& call, std::optional<uint64_t> tokens, timestamp now);

private:
  rate_limits limits_;
  minute_count requests_;
  minute_count tokens_;
  learned_limit learned_requests_;
  learned_limit learned_tokens_;
  learned_limit learned_input_;
  uint64_t requests_in_flight_ = 0;
  uint64_t tokens_in_flight_ = 0;
};

} // namespace machine::models
