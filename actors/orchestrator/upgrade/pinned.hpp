#pragma once

#include "actors/orchestrator/workflow/workflow.hpp"
#include "runtime/error.hpp"

namespace machine::orchestrator {

/// Whether *read*, which this program has read from *pinned*, has all that
/// stands there. `invalid_argument` names the first member that it has not, or
/// otherwise. What *read* has besides are defaults of a newer program.
caf::error check_pinned(const json_text& pinned, const workflow& read);

} // namespace machine::orchestrator
