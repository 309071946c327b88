#pragma once

#include "actors/orchestrator/workflow/jq.hpp"
#include "runtime/error.hpp"

#include <functional>
#include <string>
#include <vector>

namespace machine::orchestrator {

/// Whether each of *programs* is valid jq, as `check_jq` says of one. Compiling
/// costs jq the same for many expressions as for one, so they are compiled
/// together.
/// @param time For all of them; when it is used up, the one that would be next
///             is reported with `timeout`, and no other is looked at.
/// @param report Called with the place of one that is not, and why; no more
///               are looked for once it returns false.
void check_all_jq(const std::vector<std::string>& programs,
                  jq_check_budget& time,
                  const std::function<bool(size_t, const caf::error&)>& report);

} // namespace machine::orchestrator
