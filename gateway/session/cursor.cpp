#include "gateway/session/cursor.hpp"

#include <algorithm>
#include <limits>

namespace machine::gateway::session {

slice cursor::publish(uint64_t first, size_t count) {
  if (behind_) {
    again_ = true;
    return {};
  }
  if (first + count <= sent_ + 1)
    return {};
  // An event was missed: the log has it.
  if (first > sent_ + 1) {
    behind_ = true;
    return {};
  }
  slice result{static_cast<size_t>(sent_ + 1 - first), count};
  if (credit_) {
    if (result.size() > *credit_) {
      result.end = result.begin + static_cast<size_t>(*credit_);
      behind_ = true;
    }
    *credit_ -= result.size();
  }
  sent_ += result.size();
  return result;
}

size_t cursor::begin_page(size_t most) {
  reading_ = true;
  again_ = false;
  return credit_ ? static_cast<size_t>(std::min<uint64_t>(most, *credit_))
                 : most;
}

void cursor::end_page(size_t count) {
  reading_ = false;
  sent_ += count;
  if (credit_)
    *credit_ -= std::min<uint64_t>(count, *credit_);
  if (count == 0 && !again_)
    behind_ = false;
}

bool cursor::grant(uint64_t events) {
  if (!credit_)
    return false;
  auto room = std::numeric_limits<uint64_t>::max() - *credit_;
  *credit_ += std::min(events, room);
  return true;
}

} // namespace machine::gateway::session
