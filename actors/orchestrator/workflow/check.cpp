#include "actors/orchestrator/workflow/check.hpp"

#include "actors/orchestrator/workflow/check_parts.hpp"

namespace machine::orchestrator {

place examination::at(const step& x) const {
  auto& places = task.of.where.steps;
  auto i = places.find(x.id);
  return i == places.end() ? place{} : i->second;
}

void examination::complain(const step& x, const std::string& text) const {
  task.found.add(at(x), "step " + x.id + ": " + text);
}

void check_graph(const check_task& task) {
  step_graph graph{task.of.what};
  examination in{task, task.of.what, graph};
  if (!check_needs(in))
    return;
  check_reach(in);
  check_bounds(in);
  check_races(in);
  check_signals(in);
  check_steps(in);
}

} // namespace machine::orchestrator
