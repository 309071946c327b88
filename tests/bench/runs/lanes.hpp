#pragma once

#include "tests/bench/report.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <utility>
#include <vector>

namespace machine::bench {

inline double milliseconds(clock::duration x) {
  return seconds(x) * 1'000;
}

/// No measurement takes longer.
constexpr std::chrono::minutes patience{2};

/// What the runs of a measurement have in common: a number of them at a time, a
/// lane for each, and the next when one ends, until the time is over.
class lanes {
public:
  explicit lanes(clock::time_point until) : until(until) {}

  const clock::time_point until;

  /// 1, 2, 3, ...
  uint64_t next_run() {
    return ++runs_;
  }

  /// A run has ended; *latencies* are those of its steps, in milliseconds.
  void finish(const std::vector<double>& latencies) {
    std::lock_guard guard{mutex_};
    latencies_.insert(latencies_.end(), latencies.begin(), latencies.end());
  }

  void end_lane() {
    std::lock_guard guard{mutex_};
    ++ended_;
    wakeup_.notify_one();
  }

  /// How long each step took, in milliseconds, when *count* lanes have ended.
  std::vector<double> wait(size_t count) {
    std::unique_lock guard{mutex_};
    if (!wakeup_.wait_for(guard, patience, [&] { return ended_ == count; }))
      give_up("the runs do not end");
    return std::move(latencies_);
  }

private:
  std::atomic<uint64_t> runs_ = 0;
  std::mutex mutex_;
  std::condition_variable wakeup_;
  size_t ended_ = 0;
  std::vector<double> latencies_;
};

} // namespace machine::bench
