#pragma once

#include "runtime/error.hpp"

#include <functional>
#include <memory>

namespace machine {

/// A fixed number of threads for work that blocks: reading the store, files,
/// git. Actors hand work in and get a message back.
class blocking_pool {
public:
  /// @param threads 1 or more.
  /// @param max_waiting Jobs that may wait for a thread.
  explicit blocking_pool(size_t threads, size_t max_waiting = 10'000);

  blocking_pool(const blocking_pool&) = delete;
  blocking_pool& operator=(const blocking_pool&) = delete;

  /// Runs what was accepted, then joins the threads.
  virtual ~blocking_pool();

  /// Runs *job* on one of the threads. What it throws ends it and nothing else,
  /// and nobody hears of it: a job for which somebody waits catches what can be
  /// thrown, and says so. Fails with `overloaded` if too much waits,
  /// `unavailable` after `close`. Virtual so that tests can run jobs in an
  /// order of their own.
  virtual caf::error post(std::function<void()> job);

  /// Accepts no more work, finishes what was accepted; idempotent.
  void close();

private:
  class impl;
  std::unique_ptr<impl> impl_;
};

} // namespace machine
