#include "runtime/fair_pool.hpp"

#include <mutex>

namespace machine {

struct fair_pool::state {
  explicit state(queue_bounds most) : waiting(most) {}

  void run_next() {
    std::optional<std::function<void()>> job;
    {
      std::lock_guard guard{mutex};
      job = waiting.pop();
    }
    if (job)
      (*job)();
  }

  std::mutex mutex;
  fair_queue<std::function<void()>> waiting;
};

// As many calls of `run_next` wait as jobs do, so the bound is that of jobs.
fair_pool::fair_pool(size_t threads, queue_bounds most)
    : state_(std::make_shared<state>(most)), threads_(threads, most.all) {}

caf::error fair_pool::post(const queue_owner& of, std::function<void()> job) {
  std::lock_guard guard{state_->mutex};
  if (!state_->waiting.has_room(of))
    return make_error(ec::overloaded,
                      "too much of this tenant, or of all, waits for a thread "
                      "already; try later");
  // Whoever takes what is next waits for the lock.
  if (auto err = threads_.post([state = state_] { state->run_next(); }))
    return err;
  state_->waiting.push(of, std::move(job));
  return caf::none;
}

} // namespace machine
