#pragma once

#include "actors/agents/tools/tools.hpp"
#include "actors/orchestrator/dispatch/command.hpp"

#include <functional>

namespace machine::orchestrator {

/// One call of a tool on behalf of an attempt: recorded before and after, and
/// not made again if an earlier worker has made it.
class tool_call {
public:
  /// What a model should read of it; an error if the tool refused or failed.
  using answer = caf::expected<std::string>;

  /// @param number Of the effect in its attempt.
  /// @param then Called once it is recorded; not if it is stopped before, and
  /// not if it cannot be recorded, with which the attempt ends.
  tool_call(attempt_state& of, models::tool_call what, uint32_t number,
            std::function<void(answer)> then);

  void start();

  void stop();

private:
  void find_edit(const std::string& guard);
  void plan_edit();
  void intend(std::optional<std::string> guard = std::nullopt,
              std::optional<answer> outcome = std::nullopt);
  void replay(const effect_record& known);
  void perform();
  void run_command();
  void see_tree(answer what);
  void record(answer what);
  void refused(const caf::error& why);

  attempt_state& of_;
  models::tool_call what_;
  std::string effect_;
  std::function<void(answer)> then_;
  /// When it began, as far as this worker knows.
  timestamp began_{};
  sandboxed command_;
  std::stop_source reading_;
  /// The edit that the tool is about to make.
  std::optional<agents::file_edit> edit_;
  /// Of the workspace after a command.
  std::optional<std::string> tree_;
};

} // namespace machine::orchestrator
