#pragma once

#include "actors/orchestrator/dispatch/activation_key.hpp"
#include "actors/orchestrator/dispatch/offer.hpp"

#include <variant>

/// What happens to dispatch, and what it does about it.
namespace machine::orchestrator {

/// Attempts that may wait for a worker; more fail with `overloaded`.
constexpr size_t max_waiting_attempts = 100'000;

namespace dispatching {

/// A run wants an attempt performed.
struct start {
  activation_key at;
  attempt_order order;
};

/// A run wants an attempt stopped.
struct stop {
  activation_key at;
  uint64_t token = 0;
};

/// A run asks whether anybody performs its attempt.
struct probe {
  activation_key at;
  uint64_t token = 0;
};

/// A worker ended; something of it may live still.
struct ended {
  std::string pool;
  activation_key at;
  uint64_t token = 0;
  attempt_end how;
};

/// Nothing of a worker that has ended lives any more.
struct gone {
  std::string pool;
  activation_key at;
};

/// A pool can take *more* attempts.
struct credit {
  std::string pool;
  int64_t more = 0;
};

/// A pool is there, or says anew what it has and does.
struct join {
  pool_offer offer;
};

/// A pool cannot be reached any more, or has died.
struct lose {
  std::string pool;
};

/// A run has taken what it was told.
struct heard {
  activation_key at;
  uint64_t token = 0;
};

/// A run did not take what it was told, and never will.
struct refused {
  activation_key at;
  uint64_t token = 0;
  ec code = ec::none;
  std::string message;
};

/// Time has passed.
struct tick {};

using input = std::variant<start, stop, probe, ended, gone, credit, join, lose,
                           heard, refused, tick>;

/// The offer of a pool was taken.
struct accept {
  std::string pool;
  uint64_t round = 0;
};

/// A pool is to perform an attempt.
struct begin {
  std::string pool;
  /// Of the offer that this answers.
  uint64_t round = 0;
  activation_key at;
  attempt_order order;
};

/// A pool is to stop an attempt.
struct halt {
  std::string pool;
  activation_key at;
  uint64_t token = 0;
};

/// A run is to hear how its attempt ended, until it has `heard` or `refused`.
struct tell {
  activation_key at;
  uint64_t token = 0;
  run_command what;
};

/// A run that can record no end of an attempt is to end, once.
struct give_up {
  entity::key run;
  cancel_run what;
};

using action = std::variant<accept, begin, halt, tell, give_up>;

} // namespace dispatching

} // namespace machine::orchestrator
