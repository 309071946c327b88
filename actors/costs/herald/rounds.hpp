#pragma once

#include "actors/costs/ledger/webhook.hpp"
#include "runtime/telemetry/export/retry.hpp"

#include <deque>
#include <map>
#include <utility>

namespace machine::costs {

/// How an attempt to deliver something went.
enum class attempt_verdict : uint8_t {
  arrived,
  /// It may arrive later.
  again,
  /// It would be refused again.
  refused,
};

/// By the status of the answer.
attempt_verdict judge_answer(int status);

/// The wait before something is tried again: a few seconds first, an hour at
/// most.
constexpr backoff delivery_backoff{duration{5'000}, duration{3'600'000}};

/// How old something may get.
constexpr duration max_delivery_age{3 * 86'400'000LL};

/// What is sent to which webhook and when: each has one at a time, the oldest
/// first, and waits longer after each failure. Pure. What it holds has the
/// bounds of the ledgers that it comes from.
class delivery_rounds {
public:
  /// Something to be sent now.
  struct parcel {
    /// Names this attempt.
    uint64_t attempt = 0;
    std::string tenant;
    deliver what;
  };

  /// What a ledger is to hear.
  struct ending {
    std::string tenant;
    uint64_t number = 0;
    delivery_end how = delivery_end::delivered;

    bool operator==(const ending&) const = default;
  };

  /// What is known already is not sent twice because of that.
  void add(const std::string& tenant, deliver what, timestamp now);

  /// Nothing more goes to that webhook.
  void forget(const std::string& tenant, const std::string& webhook);

  /// What is to be sent next, if something is due.
  std::optional<parcel> next(timestamp now);

  /// How an attempt went. None: the ledger need not know.
  /// @param random Spreads those who come again.
  std::optional<ending> ended(uint64_t attempt, attempt_verdict how,
                              timestamp now, uint64_t random);

  /// When `next` has something again.
  std::optional<timestamp> wake_at() const;

  /// What waits or is under way.
  size_t size() const;

private:
  struct line {
    std::deque<deliver> waiting;
    /// Of the first one, which is under way; 0: it is not.
    uint64_t attempt = 0;
    unsigned failures = 0;
    timestamp due{};
  };

  /// By tenant and webhook.
  std::map<std::pair<std::string, std::string>, line> lines_;
  uint64_t attempts_ = 0;
};

} // namespace machine::costs
