#include "runtime/pool.hpp"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace machine {

class blocking_pool::impl {
public:
  impl(size_t threads, size_t max_waiting) : max_waiting_(max_waiting) {
    for (size_t i = 0; i < std::max<size_t>(threads, 1); ++i)
      threads_.emplace_back([this] { work(); });
  }

  caf::error post(std::function<void()> job) {
    {
      std::lock_guard guard{mutex_};
      if (closed_)
        return make_error(ec::unavailable,
                          "the machine is stopping and takes no new work");
      if (jobs_.size() >= max_waiting_)
        return make_error(ec::overloaded,
                          std::to_string(jobs_.size())
                            + " jobs wait for a thread already; try later");
      jobs_.emplace_back(std::move(job));
    }
    wakeup_.notify_one();
    return caf::none;
  }

  void close() {
    {
      std::lock_guard guard{mutex_};
      closed_ = true;
    }
    wakeup_.notify_all();
    for (auto& thread : threads_)
      if (thread.joinable())
        thread.join();
  }

private:
  void work() {
    std::unique_lock lock{mutex_};
    for (;;) {
      wakeup_.wait(lock, [this] { return closed_ || !jobs_.empty(); });
      if (jobs_.empty())
        return;
      auto job = std::move(jobs_.front());
      jobs_.pop_front();
      lock.unlock();
      try {
        job();
      } catch (...) {
        // The thread is everybody's; one job may not end it.
      }
      // What the job holds must be gone before the next one begins.
      job = nullptr;
      lock.lock();
    }
  }

  const size_t max_waiting_;
  std::mutex mutex_;
  std::condition_variable wakeup_;
  std::deque<std::function<void()>> jobs_;
  std::vector<std::thread> threads_;
  bool closed_ = false;
};

blocking_pool::blocking_pool(size_t threads, size_t max_waiting)
    : impl_(std::make_unique<impl>(threads, max_waiting)) {}

blocking_pool::~blocking_pool() {
  impl_->close();
}

caf::error blocking_pool::post(std::function<void()> job) {
  return impl_->post(std::move(job));
}

void blocking_pool::close() {
  impl_->close();
}

} // namespace machine
