#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>

namespace machine::store::lmdb {

/// A lock that many share or one has alone, for `std::shared_lock` and
/// `std::unique_lock`. Who wants it alone holds back those that come later, so
/// that a stream of readers never starves the writer. A thread may hold it
/// only once.
class gate {
public:
  /// At most *places* share it at a time; more wait.
  explicit gate(size_t places) : places_(places) {}

  void lock_shared() {
    std::unique_lock guard{mutex_};
    changed_.wait(
      guard, [this] { return !alone_ && wanted_ == 0 && inside_ < places_; });
    ++inside_;
  }

  void unlock_shared() {
    std::lock_guard guard{mutex_};
    if (inside_-- == places_ || wanted_ > 0)
      changed_.notify_all();
  }

  void lock() {
    std::unique_lock guard{mutex_};
    ++wanted_;
    changed_.wait(guard, [this] { return !alone_ && inside_ == 0; });
    --wanted_;
    alone_ = true;
  }

  void unlock() {
    std::lock_guard guard{mutex_};
    alone_ = false;
    changed_.notify_all();
  }

private:
  const size_t places_;
  std::mutex mutex_;
  std::condition_variable changed_;
  size_t inside_ = 0;
  size_t wanted_ = 0;
  bool alone_ = false;
};

} // namespace machine::store::lmdb
