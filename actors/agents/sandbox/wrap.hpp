#pragma once

#include "actors/agents/sandbox/child.hpp"
#include "actors/agents/sandbox/descriptor.hpp"
#include "actors/agents/sandbox/sandbox.hpp"
#include "actors/agents/sandbox/seccomp.hpp"

#include <string>
#include <vector>

namespace machine::agents {

/// Where the program is that builds the sandbox.
inline constexpr const char* bubblewrap = "/usr/bin/bwrap";

/// `invalid_argument` if *command* is none that could be run.
caf::error check_command(const sandbox_command& command);

/// A command, wrapped in its sandbox.
struct wrapped_command {
  std::vector<std::string> argv;
  /// Files that exist for the wrapper alone.
  std::vector<descriptor> files;
  /// What the wrapper inherits: those files and the end of a pipe into which
  /// it writes what `first_process_in` reads.
  std::vector<inherited> descriptors;
  /// The other end.
  descriptor info;
};

/// *command* must have been checked. Errors: `unavailable`, `io_failed`,
/// `denied` if the worktree's `.git` is neither a file nor a directory.
caf::expected<wrapped_command> wrap_command(const sandbox_command& command,
                                            hidden_memory memory);

/// The id, for us, of the sandbox's first process, from what the wrapper wrote
/// about itself; -1 as long as that is not complete.
pid_t first_process_in(std::string_view info);

} // namespace machine::agents
