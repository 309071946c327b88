#include "actors/orchestrator/workflow/check_parts.hpp"
#include "actors/orchestrator/workflow/schema_part.hpp"

#include <algorithm>

namespace machine::orchestrator {

namespace {

/// Whether *i* is in a block `undo` that is in the block *top* is in.
bool is_undone_within(const step_graph& graph, size_t i, size_t top) {
  for (; i != top; i = graph.parent(i))
    if (graph.at(i).block == undo_block)
      return true;
  return false;
}

std::vector<size_t> chain_of(const step_graph& graph, size_t i) {
  std::vector<size_t> result;
  for (; i != step_graph::none; i = graph.parent(i))
    result.insert(result.begin(), i);
  return result;
}

/// Whether *a* and *b* may run at the same time, within one round or item.
bool may_overlap(const step_graph& graph, size_t a, size_t b) {
  auto way_a = chain_of(graph, a);
  auto way_b = chain_of(graph, b);
  size_t fork = 0;
  while (fork < way_a.size() && fork < way_b.size()
         && way_a[fork] == way_b[fork])
    ++fork;
  // What handles or undoes a step runs after it.
  if (fork == way_a.size() || fork == way_b.size())
    return false;
  auto top_a = way_a[fork];
  auto top_b = way_b[fork];
  // Cases of a route exclude each other; a body, what handles its failure and
  // what undoes it follow each other.
  if (!graph.is_beside(top_a, top_b))
    return false;
  // Steps are undone when all else has ended, one after the other.
  if (is_undone_within(graph, a, top_a) || is_undone_within(graph, b, top_b))
    return false;
  return !graph.needs_of(top_a).test(top_b)
      && !graph.needs_of(top_b).test(top_a);
}

/// The innermost step around *i* that does it for several items at one time;
/// `none` if there is none.
size_t parallel_around(const step_graph& graph, size_t i) {
  for (; i != step_graph::none; i = graph.parent(i)) {
    if (graph.at(i).block == undo_block)
      return step_graph::none;
    auto around = graph.parent(i);
    if (around == step_graph::none)
      return step_graph::none;
    if (auto* each = std::get_if<foreach_step>(&graph.at(around).action))
      if (graph.is_body(i) && each->parallel > 1)
        return around;
  }
  return step_graph::none;
}

void check_setters(const examination& in, const std::string& name,
                   const std::vector<size_t>& setters) {
  auto& graph = in.graph;
  auto mending = "give " + name + " a reducer under reducers";
  for (size_t k = 0; k < setters.size(); ++k) {
    auto& x = graph.at(setters[k]);
    if (auto each = parallel_around(graph, setters[k]);
        each != step_graph::none) {
      in.complain(x, "sets the variable " + name + " for several items of "
                       + graph.at(each).id + " at the same time; " + mending
                       + ", or parallel: 1 to " + graph.at(each).id);
      continue;
    }
    auto other =
      std::find_if(setters.begin(), setters.begin() + static_cast<ptrdiff_t>(k),
                   [&](size_t y) { return may_overlap(graph, setters[k], y); });
    if (other != setters.begin() + static_cast<ptrdiff_t>(k))
      in.complain(x, "sets the variable " + name + ", as " + graph.at(*other).id
                       + " may at the same time; add one of them to the needs "
                         "of the other, or "
                       + mending);
  }
}

} // namespace

void check_races(const examination& in) {
  std::map<std::string, std::vector<size_t>> setters;
  for (size_t i = 0; i < in.graph.size(); ++i)
    if (auto* set = std::get_if<set_step>(&in.graph.at(i).action))
      for (auto& [name, expression] : set->values)
        if (!in.what.reducers.contains(name))
          setters[name].push_back(i);
  for (auto& [name, steps] : setters)
    check_setters(in, name, steps);
}

void check_signals(const examination& in) {
  std::map<std::string, const step*> first;
  for (auto& x : in.what.steps) {
    auto* wait = std::get_if<wait_step>(&x.action);
    if (wait == nullptr || !wait->signal)
      continue;
    auto [i, added] = first.emplace(*wait->signal, &x);
    if (added)
      continue;
    auto& other = std::get<wait_step>(i->second->action);
    const json_text any{"{}"};
    if (!is_same_json(wait->schema.value_or(any), other.schema.value_or(any)))
      in.complain(x, "waits for the signal " + *wait->signal
                       + " with another schema than " + i->second->id
                       + "; give both the same, for either may take it");
  }
}

} // namespace machine::orchestrator
