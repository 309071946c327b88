#pragma once

#include "runtime/types.hpp"

#include <optional>

namespace machine::entity {

/// How long an entity waits, after an append or a load failed, before it does
/// by itself what nobody asks for. Doubles with each failure.
constexpr duration first_pause{100};
constexpr duration longest_pause{5'000};

/// Until the wall clock is looked at again.
constexpr duration longest_timer{60'000};

/// When an entity is to be woken, without the timers themselves. The newest
/// one counts; those before it mean nothing.
class alarm_clock {
public:
  using length = timestamp::duration;

  struct timer {
    length wait{};
    uint64_t number = 0;
  };

  /// A timer that comes back at *at*, or within `longest_timer`: timers count
  /// on while the wall clock is set or the machine sleeps, so it is looked at
  /// from time to time. None in a pause, or if one is set for earlier: it comes
  /// back here.
  std::optional<timer> set(timestamp now, timestamp at);

  /// Begins a pause, each longer than the one before; none if there is one
  /// already.
  std::optional<timer> pause();

  /// Timer *number* has come back. Ends the pause.
  /// @returns whether it counts.
  bool fires(uint64_t number);

  /// What failed before went well: the next pause is a short one.
  void recover() {
    failures_ = 0;
  }

  bool paused() const {
    return paused_;
  }

private:
  /// When the timer of *number_* comes back; none in a pause.
  std::optional<timestamp> at_;
  uint64_t number_ = 0;
  /// In a row.
  uint32_t failures_ = 0;
  bool paused_ = false;
};

} // namespace machine::entity
