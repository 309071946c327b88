#pragma once

#include "actors/agents/sandbox/descriptor.hpp"
#include "actors/agents/workspace/records.hpp"
#include "runtime/error.hpp"

#include <string>

namespace machine::agents {

/// Says that a command is at work in a worktree, also to whoever comes after a
/// crash. What a command was writing when it was killed may be half done and
/// still look new: `make` takes a program without its end for up to date. So
/// the next command finds everything that git ignores and that the killed one
/// has touched as old as if it came from another age; tools make it again, and
/// nothing is lost. What git does not ignore stays as it is.
class command_mark {
public:
  /// Sees to what earlier commands left, and then marks the new one.
  /// Errors: `io_failed`, `locked`, those of git.
  static caf::expected<command_mark> set(const worktree_record& x);

  /// The command has come to its end by itself. Without it, as if it had been
  /// killed.
  void ended();

private:
  command_mark(std::string path, descriptor lock)
      : path_(std::move(path)), lock_(std::move(lock)) {}

  std::string path_;
  /// Held for as long as the command, or our process, lives.
  descriptor lock_;
};

} // namespace machine::agents
