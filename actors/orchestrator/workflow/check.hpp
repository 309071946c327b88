#pragma once

#include "actors/orchestrator/workflow/load.hpp"
#include "actors/orchestrator/workflow/problems.hpp"

namespace machine::orchestrator {

/// Checks what can be seen of the graph before it runs: needs, cycles,
/// expressions and what they refer to, schemas, roles and models.
void check_graph(const workflow& what, const source_map& where,
                 const load_context& context, problems& found);

} // namespace machine::orchestrator
