#pragma once

#include "actors/agents/sandbox/sandbox.hpp"

namespace machine::agents {

/// The note on *x*: which limit ended the command and how to raise it, or what
/// the sandbox forbids that the output of a failed command speaks of.
std::string explain(const sandbox_result& x, const sandbox_command& command);

} // namespace machine::agents
