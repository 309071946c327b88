#pragma once

#include "actors/agents/sandbox/sandbox.hpp"

namespace machine::agents {

/// How memory and processes are bounded.
enum class accounting : uint8_t {
  /// By a control group where one can be made, else by looking.
  best,
  /// By looking at them again and again.
  looking,
};

/// `run_in_sandbox` with a choice of how bounds are kept, and without telling
/// apart a sandbox that does not start: bubblewrap says so in the output then.
caf::expected<sandbox_result>
execute(const sandbox_command& command, std::stop_token stop,
        const std::function<void(std::string_view)>& on_output,
        accounting how = accounting::best);

} // namespace machine::agents
