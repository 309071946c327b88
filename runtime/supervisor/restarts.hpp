#pragma once

#include "runtime/types.hpp"

#include <deque>

namespace machine::supervision {

/// How often children may fail before their supervisor gives up: more than
/// *max_restarts* within *period*. As in Erlang/OTP.
struct restart_intensity {
  uint32_t max_restarts = 5;
  duration period{30'000};
};

/// The restarts of late. Pure: time comes in as an argument and never runs
/// backwards.
class restart_history {
public:
  explicit restart_history(restart_intensity bound) : bound_(bound) {}

  /// Notes a failure at *now*; false if it is one too many.
  bool may_restart(timestamp now);

  /// Restarts that were allowed, ever.
  uint64_t total() const {
    return total_;
  }

private:
  restart_intensity bound_;
  std::deque<timestamp> recent_;
  uint64_t total_ = 0;
};

} // namespace machine::supervision
