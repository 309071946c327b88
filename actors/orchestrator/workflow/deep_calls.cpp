#include "actors/orchestrator/workflow/library.hpp"
#include "actors/orchestrator/workflow/load.hpp"

#include <deque>
#include <map>

namespace machine::orchestrator {

namespace {

/// How a workflow is reached by the fewest calls.
struct shortest_way {
  uint32_t calls = 0;
  std::string names;
};

} // namespace

void find_deep_calls(const std::deque<library_entry>& entries,
                     const call_report& report) {
  auto& first = entries.front();
  std::map<const library_entry*, shortest_way> ways;
  ways[&first].names = first.made.what.name;
  for (std::deque waiting{&first}; !waiting.empty(); waiting.pop_front()) {
    auto& from = *waiting.front();
    auto way = ways.at(&from);
    for (auto& x : from.made.what.steps) {
      auto* call = std::get_if<call_step>(&x.action);
      auto* target = call ? from.calls.at(call->workflow) : nullptr;
      if (target == nullptr || ways.contains(target))
        continue;
      auto names = way.names + " -> " + target->made.what.name;
      if (way.calls == max_call_depth) {
        report(from, x,
               "it can never begin: workflows call each other at most "
                 + std::to_string(max_call_depth) + " levels deep, and this is "
                 + "deeper: " + names
                 + "; let one of them do itself what it calls");
        continue;
      }
      ways[target] = {way.calls + 1, names};
      waiting.push_back(target);
    }
  }
}

} // namespace machine::orchestrator
