#pragma once

#include "actors/orchestrator/dispatch/attempt.hpp"

namespace machine::orchestrator {

/// A command in the sandbox, on one of the threads that are kept for commands.
class sandboxed {
public:
  sandboxed() = default;

  sandboxed(const sandboxed&) = delete;
  sandboxed& operator=(const sandboxed&) = delete;

  /// Nobody is left who could want the command.
  ~sandboxed() {
    stop_.request_stop();
  }

  /// Runs *argv* in the attempt's worktree and then calls *then* with how it
  /// went. Output goes to those who watch. The command is told the key of what
  /// it does and which attempt it is, unless *environment* says otherwise.
  void run(attempt_state& of, const std::string& effect,
           std::vector<std::string> argv,
           std::map<std::string, std::string> environment,
           std::optional<duration> timeout,
           std::function<void(caf::expected<agents::sandbox_result>&)> then);

  /// Has the command end; *then* is called as ever.
  void stop() {
    stop_.request_stop();
  }

private:
  std::stop_source stop_;
};

} // namespace machine::orchestrator
