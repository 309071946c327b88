#pragma once

#include "actors/agents/sandbox/descriptor.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace machine::agents {

/// Where control groups can be made, by what /proc tells of this process.
struct group_places {
  /// The directory of our own group for memory and the one for processes.
  /// The same twice where there is one hierarchy for all (version 2).
  std::string memory;
  std::string processes;
  /// Version 2: the mount's directory, above which nothing is.
  std::string top;

  bool unified() const {
    return !top.empty();
  }
};

/// Reads `/proc/self/mountinfo` and `/proc/self/cgroup`. None if memory and
/// processes are not bounded by groups here.
std::optional<group_places> find_group_places(std::string_view mountinfo,
                                              std::string_view cgroup);

/// A control group for one command: the kernel bounds its memory and the
/// number of its processes.
class control_group {
public:
  /// None if this process has no right to make one. Removes the groups whose
  /// makers have died.
  static std::optional<control_group> make(uint64_t memory_bytes,
                                           uint32_t processes);

  control_group(control_group&&) = default;
  control_group& operator=(control_group&&) = delete;

  /// Kills what is left in the group and removes it. If the kernel keeps it
  /// longer than a second, a later `make` removes it.
  ~control_group();

  /// The files that a process writes to, to join.
  std::vector<int> entrances() const;

  /// Whether the kernel has killed for want of memory in it.
  bool out_of_memory() const;

  /// Whether the kernel has refused a process in it.
  bool out_of_processes() const;

  /// Kills all that is in it and waits for that.
  /// @returns whether nothing is left.
  bool empty_out(std::chrono::milliseconds most);

private:
  control_group() = default;

  /// Locks on the directories: they tell that we live.
  std::vector<descriptor> locks_;
  /// One directory, or one for memory and one for processes.
  std::vector<std::string> directories_;
  std::vector<descriptor> entrances_;
  descriptor memory_events_;
  descriptor process_events_;
};

} // namespace machine::agents
