#include "actors/orchestrator/run/program.hpp"

#include "actors/orchestrator/workflow/expressions.hpp"
#include "actors/orchestrator/workflow/jq_plan.hpp"

#include <algorithm>

namespace machine::orchestrator {

program::program(const workflow& what) {
  places_.resize(what.steps.size());
  for (uint32_t i = 0; i < what.steps.size(); ++i) {
    auto& x = what.steps[i];
    steps_.emplace(x.id, i);
    auto& block = blocks_[{x.parent.value_or(""), x.block.value_or("")}];
    places_[i] = static_cast<uint32_t>(block.steps.size());
    block.steps.push_back(i);
  }
  for (auto& [key, block] : blocks_) {
    block.dependents.resize(block.steps.size());
    for (uint32_t i = 0; i < block.steps.size(); ++i) {
      auto& needs = what.steps[block.steps[i]].needs;
      block.needs.push_back(static_cast<uint32_t>(needs.size()));
      for (auto& need : needs)
        if (auto other = find(need); other != nowhere)
          block.dependents[places_[other]].push_back(i);
    }
  }
  auto all = expressions_in(what);
  wild_ = std::any_of(all.begin(), all.end(),
                      [](auto& x) { return !plan_jq(x).tame; });
}

uint32_t program::find(std::string_view id) const {
  auto i = steps_.find(id);
  return i == steps_.end() ? nowhere : i->second;
}

const block_plan* program::block(std::string_view owner,
                                 std::string_view name) const {
  auto i = blocks_.find({std::string{owner}, std::string{name}});
  return i == blocks_.end() ? nullptr : &i->second;
}

} // namespace machine::orchestrator
