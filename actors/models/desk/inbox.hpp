#pragma once

#include "actors/models/desk/interfaces.hpp"

#include <atomic>
#include <functional>
#include <mutex>
#include <vector>

namespace machine::models {

struct desk_state;

/// What the desk's actor is to do, from any thread: many notes, one message.
class desk_inbox {
public:
  using note = std::function<void(desk_state&)>;

  explicit desk_inbox(desk_actor to) : to_(std::move(to)) {}

  void post(note what);

  std::vector<note> take();

  /// No two calls have the same.
  uint64_t next_number() {
    return ++last_number_;
  }

  /// Wakes the actor if something waits: it was started anew.
  void remind();

private:
  const desk_actor to_;
  std::mutex mutex_;
  std::vector<note> notes_;
  std::atomic<uint64_t> last_number_{0};
};

} // namespace machine::models
