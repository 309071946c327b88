#pragma once

#include "actors/orchestrator/workflow/workflow.hpp"

#include <string>
#include <vector>

namespace machine::orchestrator {

/// All expressions in *what*, also those in its templates; some may stand there
/// twice.
std::vector<std::string> expressions_in(const workflow& what);

} // namespace machine::orchestrator
