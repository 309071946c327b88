#pragma once

#include "actors/orchestrator/run/events.hpp"

#include <string>
#include <vector>

namespace machine::bench {

/// One of the graphs of graphs.mjs as a workflow.
struct graph {
  std::string name;
  orchestrator::run_created run;
  /// Of one run, without the steps that call others.
  size_t steps = 0;
  /// The output of the run, as JSON.
  std::string result;
  /// Whether it calls other workflows.
  bool nested = false;
};

const std::vector<graph>& graphs();

} // namespace machine::bench
