#pragma once

#include <mutex>
#include <shared_mutex>

namespace machine::entity {

/// Lets the entities of a region append for as long as the region lives. They
/// may outlive it by the message that they are at, and the next region must
/// know that what is not in the store by then never gets there.
class append_gate {
public:
  /// Calls *append* if the region lives.
  /// @returns whether it does.
  template <class Append>
  bool pass(Append append) {
    std::shared_lock guard{mutex_};
    if (!closed_)
      append();
    return !closed_;
  }

  /// Whether the region lives.
  bool is_open() const {
    std::shared_lock guard{mutex_};
    return !closed_;
  }

  /// Nobody passes any more; waits for those who do.
  void close() {
    std::lock_guard guard{mutex_};
    closed_ = true;
  }

private:
  mutable std::shared_mutex mutex_;
  bool closed_ = false;
};

} // namespace machine::entity
