#pragma once

#include "runtime/error.hpp"

#include <sys/types.h>

#include <string>
#include <vector>

namespace machine::agents {

/// A child process in a session of its own, with its output on a pipe and
/// nothing to read.
struct child {
  pid_t pid = -1;
  /// Standard output and error, non-blocking; the owner closes it.
  int output = -1;
};

/// A descriptor of ours that the child has under a number of its own.
struct inherited {
  int from = -1;
  int to = -1;
};

/// Who may change the attributes of the system's device nodes.
enum class device_nodes : uint8_t {
  as_they_are,
  /// For a child that is to lose its privileges: where we are root, the
  /// nodes belong to it, and only a read-only mount keeps it from closing
  /// /dev/null to everybody.
  sealed,
};

struct child_spec {
  /// The program's path and its arguments.
  std::vector<std::string> argv;
  /// All of its environment, as `NAME=value`.
  std::vector<std::string> environment;
  /// Their numbers may be 1 and 2, in place of the pipe.
  std::vector<inherited> descriptors;
  /// `cgroup.procs` files, open for writing, of the groups that it joins.
  std::vector<int> groups;
  /// Longest file that it may write; 0 for any.
  uint64_t file_bytes = 0;
  /// Processes of its user that may exist when it starts another; 0 for any.
  uint64_t user_processes = 0;
  /// Added to our own niceness.
  int niceness = 0;
  device_nodes devices = device_nodes::as_they_are;
};

/// Starts a program without copying this one (`vfork`), from any thread. It is
/// killed when the thread that called this ends, so that thread has to wait
/// for it.
/// @returns `io_failed` or `unavailable` (no right to seal the device nodes).
caf::expected<child> start_child(const child_spec& spec);

} // namespace machine::agents
