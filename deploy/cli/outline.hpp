#pragma once

#include "actors/orchestrator/workflow/workflow.hpp"
#include "deploy/cli/style.hpp"

#include <vector>

namespace machine::cli {

/// What *what* does, for people: its inputs, its variables, and its steps with
/// those of their blocks beneath them.
std::vector<line> workflow_lines(const orchestrator::workflow& what);

} // namespace machine::cli
