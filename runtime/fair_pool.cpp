#include "runtime/fair_pool.hpp"

#include <algorithm>
#include <mutex>
#include <utility>

namespace machine {

struct fair_pool::state {
  explicit state(queue_bounds most) : waiting(most) {}

  /// Runs what is next; called once for each job.
  void run_one() {
    std::unique_lock lock{mutex};
    do {
      auto next = waiting.pop();
      if (!next) {
        // All that waits is of groups of which enough is under way: whoever
        // ends something of theirs goes on with it.
        ++owed;
        return;
      }
      lock.unlock();
      run(std::move(next->what));
      lock.lock();
      waiting.finish(next->group);
    } while (std::exchange(owed, owed - std::min<size_t>(owed, 1)) > 0);
  }

  static void run(std::function<void()> job) {
    try {
      job();
    } catch (...) {
      // As of `blocking_pool`.
    }
  }

  std::mutex mutex;
  fair_queue<std::function<void()>> waiting;
  /// Calls of `run_one` that have run nothing.
  size_t owed = 0;
};

// There are as many calls of `run_one` as jobs, so the bound is that of jobs.
fair_pool::fair_pool(size_t threads, queue_bounds most)
    : state_(std::make_shared<state>(most)), threads_(threads, most.all) {}

caf::error fair_pool::post(const queue_owner& of, std::function<void()> job) {
  std::lock_guard guard{state_->mutex};
  if (!state_->waiting.has_room(of))
    return make_error(ec::overloaded,
                      "too much waits for a thread already, of yours or of "
                      "all; try later");
  // Whoever takes what is next waits for the lock.
  if (auto err = threads_.post([state = state_] { state->run_one(); }))
    return err;
  state_->waiting.push(of, std::move(job));
  return caf::none;
}

} // namespace machine
