#pragma once

#include "runtime/fair_queue.hpp"
#include "runtime/pool.hpp"

#include <functional>
#include <memory>

namespace machine {

/// A fixed number of threads for work that blocks, of which each owner has a
/// share: see `fair_queue`.
class fair_pool {
public:
  /// @param threads 1 or more.
  explicit fair_pool(size_t threads, queue_bounds most = {});

  /// As of `blocking_pool`.
  caf::error post(const queue_owner& of, std::function<void()> job);

  void close() {
    threads_.close();
  }

private:
  struct state;

  std::shared_ptr<state> state_;
  blocking_pool threads_;
};

} // namespace machine
