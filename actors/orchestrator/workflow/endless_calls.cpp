#include "actors/orchestrator/workflow/library.hpp"
#include "actors/orchestrator/workflow/step_graph.hpp"

#include <algorithm>

namespace machine::orchestrator {

namespace {

/// Whether *i* is due whatever happens, if nothing fails. Of a `foreach` there
/// may be no items, of a `route` another case; a `repeat` makes a round.
bool is_certain(const step_graph& graph, size_t i) {
  for (; i != step_graph::none; i = graph.parent(i)) {
    auto around = graph.parent(i);
    if (graph.at(i).when
        || (around != step_graph::none
            && (!graph.is_body(i)
                || !std::holds_alternative<repeat_step>(
                  graph.at(around).action))))
      return false;
  }
  return true;
}

class call_walker {
public:
  explicit call_walker(const call_report& report) : report_(report) {}

  void visit(const library_entry& x) {
    if (std::find(done_.begin(), done_.end(), &x) != done_.end())
      return;
    path_.push_back(&x);
    step_graph graph{x.made.what};
    for (size_t i = 0; i < graph.size(); ++i)
      if (auto* call = std::get_if<call_step>(&graph.at(i).action))
        if (auto* target = x.calls.at(call->workflow);
            target != nullptr && is_certain(graph, i))
          follow(x, graph.at(i), *target);
    path_.pop_back();
    done_.push_back(&x);
  }

private:
  void follow(const library_entry& from, const step& at,
              const library_entry& target) {
    auto again = std::find(path_.begin(), path_.end(), &target);
    if (again == path_.end())
      return visit(target);
    std::string way;
    for (; again != path_.end(); ++again)
      way += (*again)->made.what.name + " -> ";
    report_(from, at,
            "it comes back without end: " + way + target.made.what.name
              + "; give one of these calls a when, or put it into a route");
  }

  const call_report& report_;
  std::vector<const library_entry*> path_;
  std::vector<const library_entry*> done_;
};

} // namespace

void find_endless_calls(const std::deque<library_entry>& entries,
                        const call_report& report) {
  call_walker walker{report};
  for (auto& x : entries)
    walker.visit(x);
}

} // namespace machine::orchestrator
