#pragma once

#include "runtime/types.hpp"

namespace machine {

/// Now, by the clock of this computer, which may be set back. For shells and
/// for `main`: cores are told the time.
inline timestamp wall_clock() {
  return std::chrono::time_point_cast<timestamp::duration>(
    std::chrono::system_clock::now());
}

/// Now, by a clock that never goes back. What it counts from is nothing to go
/// by.
inline timestamp steady_now() {
  return timestamp{std::chrono::duration_cast<timestamp::duration>(
    std::chrono::steady_clock::now().time_since_epoch())};
}

} // namespace machine
