#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

namespace machine::agents {

/// What the processes of a sandbox use together.
struct footprint {
  /// Threads included.
  uint64_t processes = 0;
  /// What is theirs alone or shared by forking, and files in the sandbox's own
  /// /tmp, in bytes.
  uint64_t memory_bytes = 0;
};

/// Bounds up to which a footprint is worked out exactly.
struct footprint_bounds {
  uint64_t processes = 0;
  uint64_t memory_bytes = 0;
};

/// Looks at all processes of the sandbox whose first process is *first*, from
/// outside. For machines on which no control group can be made; between two
/// looks more may be used. Nothing is counted before the sandbox has its own
/// /proc.
footprint measure(pid_t first, const footprint_bounds& bounds);

/// Memory of the sandbox whose first process is *first* that its processes map
/// together and that is in no file (`mmap` with MAP_SHARED and MAP_ANONYMOUS),
/// in bytes. All that is mapped counts: what of it is in use is nobody's as
/// soon as nobody looks at it. At most *processes* of them are asked.
uint64_t measure_shared(pid_t first, uint64_t processes);

/// Whether so little of the disk of *directory* is free that nothing more
/// should be written: less than *reserve* bytes and less than a hundredth.
bool is_disk_full(const std::string& directory, uint64_t reserve);

/// All processes and threads of this machine.
uint64_t count_all_processes();

} // namespace machine::agents
