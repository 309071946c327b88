#include "runtime/entity/alarm_clock.hpp"

#include <algorithm>
#include <utility>

namespace machine::entity {

std::optional<alarm_clock::timer> alarm_clock::set(timestamp now,
                                                   timestamp at) {
  if (paused_ || (at_ && *at_ <= at))
    return std::nullopt;
  auto wait = std::clamp<length>(at - now, length::zero(), longest_timer);
  at_ = now + wait;
  return timer{wait, ++number_};
}

std::optional<alarm_clock::timer> alarm_clock::pause() {
  if (std::exchange(paused_, true))
    return std::nullopt;
  auto wait =
    std::min(first_pause * (1 << std::min(failures_, 10u)), longest_pause);
  ++failures_;
  at_.reset();
  return timer{wait, ++number_};
}

bool alarm_clock::fires(uint64_t number) {
  if (number != number_)
    return false;
  at_.reset();
  paused_ = false;
  return true;
}

} // namespace machine::entity
