#pragma once

#include "actors/orchestrator/run/state.hpp"
#include "runtime/error.hpp"

namespace machine::orchestrator {

/// Why the run *id* cannot be *done* (`archived`, `erased`) yet: `not_found`,
/// `conflict` (it has not ended) or `unavailable` (its project, the run that
/// called it or its schedule has still to hear of the end).
caf::error check_over(const run_state& now, const std::string& id,
                      const std::string& done);

/// The origin whose log the run has not read to its end; none: it needs no
/// other run.
std::optional<std::string> origin_in_use(const run_state& now);

} // namespace machine::orchestrator
