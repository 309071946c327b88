#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

namespace machine::test {

/// Something that threads wait for until it has happened so many times.
class gate {
public:
  explicit gate(size_t times = 1) : left_(times) {}

  void open() {
    std::lock_guard guard{mutex_};
    if (left_ > 0 && --left_ == 0)
      changed_.notify_all();
  }

  /// False if it took too long, which is a failure of the test.
  bool wait() {
    std::unique_lock guard{mutex_};
    return changed_.wait_for(guard, std::chrono::seconds{20},
                             [this] { return left_ == 0; });
  }

private:
  std::mutex mutex_;
  std::condition_variable changed_;
  size_t left_;
};

} // namespace machine::test
