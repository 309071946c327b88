#pragma once

#include "actors/orchestrator/workflow/jq.hpp"
#include "actors/orchestrator/workflow/load.hpp"
#include "actors/orchestrator/workflow/read_workflow.hpp"

#include <functional>
#include <unordered_set>

namespace machine::orchestrator {

/// Workflows by the name that another one calls them.
using callees = std::map<std::string, const workflow*>;

/// Expressions that were seen already, of all workflows that are loaded
/// together.
struct expression_ledger {
  size_t count = 0;
  /// To compile them.
  jq_check_budget time{max_compile_time};
  std::unordered_set<std::string> valid;
};

/// What the checks of one workflow look at, and where they report.
struct check_task {
  const draft& of;
  /// All that it calls.
  const callees& calls;
  const load_context& known;
  problems& found;
  expression_ledger& expressions;
};

/// Checks what can be seen of the graph before it runs: needs, cycles, bounds,
/// expressions and what they refer to, schemas, roles and models, and what
/// runs at the same time.
void check_graph(const check_task& what);

} // namespace machine::orchestrator
