#pragma once

#include "actors/orchestrator/workflow/workflow.hpp"
#include "runtime/error.hpp"

namespace machine::orchestrator {

/// What a variable is after *value* became part of it. Total, and the same for
/// ever: a value of a kind that *how* cannot take leaves *old* as it is.
json_text reduce(reducer how, const json_text& old, const json_text& value);

/// `invalid_argument` if *how* cannot take *value* into the variable *name*.
caf::error check_reducible(reducer how, const std::string& name,
                           const json_text& value);

} // namespace machine::orchestrator
