#pragma once

#include "actors/orchestrator/workflow/map_reader.hpp"
#include "actors/orchestrator/workflow/workflow.hpp"

namespace machine::orchestrator {

/// A workflow that was read, before its checks.
struct draft {
  workflow what;
  source_map where;
};

/// Reads all of a workflow's document but for its name and the workflows that
/// stand in it.
draft read_workflow(map_reader& in, problems& found);

} // namespace machine::orchestrator
