#include "actors/orchestrator/workflow/check_parts.hpp"
#include "actors/orchestrator/workflow/suggest.hpp"

namespace machine::orchestrator {

namespace {

/// Bound on what the needs of all steps name together.
constexpr size_t max_needs = 10'000;

void check_need(const examination& in, size_t i, const std::string& need) {
  auto& x = in.graph.at(i);
  auto other = in.graph.find(need);
  if (other == step_graph::none) {
    std::vector<std::string> siblings;
    if (in.task.found.size() < problems::most_shown)
      for (size_t k = 0; k < in.graph.size(); ++k)
        if (k != i && in.graph.is_beside(i, k))
          siblings.push_back(in.graph.at(k).id);
    in.complain(x, "needs " + need + ", but there is no such step"
                     + suggest(in.task.found, need, siblings));
  } else if (!in.graph.is_beside(i, other)) {
    in.complain(x, "needs " + need
                     + ", which is in another block; a step can only need "
                       "steps beside it");
  }
}

/// Whether *x* ends the run whenever it is due.
bool always_ends(const step& x, const std::vector<bool>& body_ends, size_t i) {
  return !x.when
      && (std::holds_alternative<fail_step>(x.action) || body_ends[i]);
}

} // namespace

bool check_needs(const examination& in) {
  size_t needs = 0;
  for (auto& x : in.what.steps) {
    needs += x.needs.size();
    if (needs > max_needs) {
      in.complain(x, "the needs of all steps name more than "
                       + std::to_string(max_needs)
                       + " steps; remove those that follow from others");
      return false;
    }
  }
  for (size_t i = 0; i < in.graph.size(); ++i)
    for (auto& need : in.graph.at(i).needs)
      check_need(in, i, need);
  auto& cycle = in.graph.cycle();
  if (cycle.empty())
    return true;
  std::string text;
  for (auto i : cycle)
    text += (text.empty() ? "" : " -> ") + in.graph.at(i).id;
  in.complain(in.graph.at(cycle.front()),
              "waits for itself: " + text + "; remove one of these needs");
  return false;
}

void check_reach(const examination& in) {
  auto& graph = in.graph;
  // A round of a repeat is always made; an item or a case need not be.
  std::vector<bool> body_ends(graph.size());
  step_set ends;
  for (auto i = graph.size(); i-- > 0;) {
    if (!always_ends(graph.at(i), body_ends, i))
      continue;
    ends.set(i);
    auto around = graph.parent(i);
    if (around != step_graph::none && graph.is_body(i)
        && std::holds_alternative<repeat_step>(graph.at(around).action))
      body_ends[around] = true;
  }
  for (size_t i = 0; i < graph.size(); ++i) {
    auto blocking = graph.needs_of(i) & ends;
    if (blocking.none())
      continue;
    auto& first = graph.at(blocking._Find_first());
    in.complain(graph.at(i), "is never reached: it needs " + first.id
                               + ", which always ends the run; give " + first.id
                               + " a when, or remove this step");
  }
}

} // namespace machine::orchestrator
