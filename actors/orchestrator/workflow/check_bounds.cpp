#include "actors/orchestrator/workflow/check_parts.hpp"

namespace machine::orchestrator {

namespace {

/// How often *x* may do its block; 1 if it has none that it repeats.
uint64_t times_of(const step& x) {
  if (auto* repeat = std::get_if<repeat_step>(&x.action))
    return repeat->max;
  if (auto* each = std::get_if<foreach_step>(&x.action))
    return each->max;
  return 1;
}

/// How often the block of *i* may be done with the blocks around it.
uint64_t count_rounds(const step_graph& graph, size_t i) {
  auto rounds = times_of(graph.at(i));
  for (; graph.parent(i) != step_graph::none; i = graph.parent(i))
    if (graph.is_body(i) && rounds <= max_activations)
      rounds *= times_of(graph.at(graph.parent(i)));
  return rounds;
}

/// The step around *i* that does it for several items at one time; `none` if
/// there is none.
size_t find_unbounded(const step_graph& graph, size_t i) {
  for (; i != step_graph::none; i = graph.parent(i)) {
    auto around = graph.parent(i);
    if (around == step_graph::none)
      break;
    if (auto* each = std::get_if<foreach_step>(&graph.at(around).action))
      if (graph.is_body(i) && each->parallel > 1)
        return around;
  }
  return step_graph::none;
}

} // namespace

void check_bounds(const examination& in) {
  auto& graph = in.graph;
  for (size_t i = 0; i < graph.size(); ++i) {
    auto& x = graph.at(i);
    if (times_of(x) > 1 && count_rounds(graph, i) > max_activations)
      in.complain(x, (std::holds_alternative<repeat_step>(x.action)
                        ? std::string{"repeat"}
                        : std::string{"foreach"})
                       + ": its max times those of the blocks around it is "
                         "more than "
                       + std::to_string(max_activations)
                       + " rounds; lower one of them");
    auto* call = std::get_if<call_step>(&x.action);
    if (call == nullptr || call->budget)
      continue;
    if (auto each = find_unbounded(graph, i); each != step_graph::none)
      in.complain(x, "call: " + graph.at(each).id
                       + " does this for several items at the same time, and "
                         "the first would take the money of the others; give "
                         "the call a budget of its own, inside of call");
  }
}

} // namespace machine::orchestrator
