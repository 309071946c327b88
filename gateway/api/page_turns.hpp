#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <utility>

namespace machine::gateway {

/// How many pages of stored events one client is sent at a time, whatever it
/// has subscribed to: what piles up for a client has a bound, and pages alone
/// must not make one that reads meet it. Of one thread.
class page_turns {
public:
  explicit page_turns(size_t most) : free_(most) {}

  /// Calls *begin* when there is a turn, now or later; it returns whether it
  /// takes it.
  void ask(std::function<bool()> begin) {
    waiting_.push_back(std::move(begin));
    if (free_ > 0) {
      --free_;
      give_back();
    }
  }

  /// Forgets who waits: the client wants no more.
  void clear() {
    waiting_.clear();
  }

  /// A page is on its way: its turn lasts until the client has it.
  void hold() {
    ++held_;
  }

  /// The client has all that was sent.
  void on_drained() {
    for (auto left = std::exchange(held_, 0); left > 0; --left)
      give_back();
  }

  /// The turn of one goes to the next who wants it.
  void give_back() {
    while (!waiting_.empty()) {
      auto begin = std::move(waiting_.front());
      waiting_.pop_front();
      if (begin())
        return;
    }
    ++free_;
  }

private:
  size_t free_;
  size_t held_ = 0;
  std::deque<std::function<bool()>> waiting_;
};

} // namespace machine::gateway
