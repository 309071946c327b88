#pragma once

#include "runtime/types.hpp"

namespace machine {

/// Now, by the clock of this computer, which may be set back. For shells and
/// for `main`: cores are told the time.
inline timestamp wall_clock() {
  return std::chrono::time_point_cast<timestamp::duration>(
    std::chrono::system_clock::now());
}

} // namespace machine
