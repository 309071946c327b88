#pragma once

#include "runtime/error.hpp"

#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>

namespace machine::gateway {

/// Work that takes much memory, as hashes of passwords do: a few at a time, and
/// the rest waits in the order in which it came. Beyond a bound it is turned
/// away. Any thread may call.
class hash_queue : public std::enable_shared_from_this<hash_queue> {
public:
  /// Runs a job on another thread, where it may block.
  using runner = std::function<caf::error(std::function<void()>)>;

  /// Gets no error, or why it cannot be done: `overloaded` or `unavailable`.
  using job = std::function<void(const caf::error&)>;

  hash_queue(size_t at_once, size_t most_waiting)
      : at_once_(at_once), most_waiting_(most_waiting) {}

  hash_queue(const hash_queue&) = delete;
  hash_queue& operator=(const hash_queue&) = delete;

  /// Calls *what* once: by *how* when its turn comes, or here and now if it
  /// cannot be done.
  void run(runner how, job what);

private:
  struct waiting {
    runner how;
    job what;
  };

  void begin(waiting x);

  /// The next one; none: one less is at work.
  std::optional<waiting> take_next();

  const size_t at_once_;
  const size_t most_waiting_;
  std::mutex mutex_;
  std::deque<waiting> waiting_;
  size_t busy_ = 0;
};

} // namespace machine::gateway
