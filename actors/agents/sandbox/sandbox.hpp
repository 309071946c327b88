#pragma once

#include "runtime/error.hpp"
#include "runtime/types.hpp"

#include <functional>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace machine::agents {

/// Bounds of one command in the sandbox.
struct sandbox_limits {
  duration time{600'000};
  /// Memory of all its processes together, in bytes.
  uint64_t memory_bytes = 2ull << 30;
  /// Processes and threads that may live at one time.
  uint32_t processes = 256;
  /// Output that is kept, in bytes: the first and last half of it.
  uint64_t output_bytes = 1u << 20;
  /// Longest file that it may write, in bytes.
  uint64_t file_bytes = 1ull << 30;
  /// What it leaves free of the worktree's disk, in bytes; a hundredth of the
  /// disk where that is less. Looked at once a second.
  uint64_t disk_reserve_bytes = 256ull << 20;
};

struct sandbox_command {
  /// The program and its arguments; no shell unless it names one.
  std::vector<std::string> argv;
  /// The worktree: the one directory that is writable, and the current one.
  std::string worktree;
  /// Further directories to show, read-only (the worktree's git directory).
  std::vector<std::string> read_only;
  /// Added to a small fixed environment; nothing is inherited.
  std::map<std::string, std::string> environment;
  sandbox_limits limits;
};

/// Why a command ended.
enum class sandbox_end : uint8_t {
  /// It ended by itself; see `exit_code`.
  exited,
  /// A signal that was not ours.
  signalled,
  time_limit,
  memory_limit,
  process_limit,
  /// The disk is nearly full.
  disk_limit,
  /// The caller asked for it.
  cancelled,
};

struct sandbox_result {
  sandbox_end end = sandbox_end::exited;
  /// The exit code, or 128 and the signal's number.
  int exit_code = 0;
  /// What it wrote to standard output and error, in the order in which it
  /// came; valid UTF-8, with a line that says what was left out.
  std::string output;
  /// All that it wrote, in bytes.
  uint64_t output_bytes = 0;
  duration elapsed{0};
  /// Sentences for a person: which limit ended it, what the sandbox forbids
  /// and this command seems to have tried. Empty if there is nothing to say.
  std::string note;
};

/// Runs *command* with no network, a read-only system and the worktree alone
/// writable, and waits for its end. When it returns, no process of the command
/// lives; if the calling thread or this program dies meanwhile, all of them
/// die with it. Calls *on_output* with each piece of output, valid UTF-8, on
/// the caller's thread.
/// @returns an error only if the command could not be run at all:
/// `unavailable` if bubblewrap is missing or refused by the kernel (the message
/// says what to install or to set), `invalid_argument`, `cancelled`,
/// `io_failed`.
caf::expected<sandbox_result>
run_in_sandbox(const sandbox_command& command, std::stop_token stop,
               const std::function<void(std::string_view)>& on_output = {});

/// Whether this machine can run commands in the sandbox; the error says why
/// not and what to do.
caf::expected<void> check_sandbox();

} // namespace machine::agents
