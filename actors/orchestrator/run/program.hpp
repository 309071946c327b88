#pragma once

#include "actors/orchestrator/workflow/workflow.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace machine::orchestrator {

/// A block of a workflow, its steps named by their places in
/// `workflow::steps`; `needs` and `dependents` name places in `steps`.
struct block_plan {
  std::vector<uint32_t> steps;
  /// How many of the others each step needs.
  std::vector<uint32_t> needs;
  /// Which of the others need each step.
  std::vector<std::vector<uint32_t>> dependents;
};

/// A workflow arranged for quick answers. It refers to no other memory.
class program {
public:
  explicit program(const workflow& what);

  static constexpr uint32_t nowhere = 0xFFFFFFFF;

  /// The place of the step *id* in `workflow::steps`.
  uint32_t find(std::string_view id) const;

  /// The place of a step, named by its place in `workflow::steps`, in its
  /// block.
  uint32_t place_in_block(uint32_t step) const {
    return places_[step];
  }

  /// Whether there are expressions in it that only a process may evaluate.
  bool is_wild() const {
    return wild_;
  }

  /// The block *name* of the step *owner*; both empty: the workflow's own. Null
  /// if there is none.
  const block_plan* block(std::string_view owner, std::string_view name) const;

private:
  using block_key = std::pair<std::string, std::string>;

  std::map<std::string, uint32_t, std::less<>> steps_;
  std::vector<uint32_t> places_;
  std::map<block_key, block_plan> blocks_;
  bool wild_ = false;
};

} // namespace machine::orchestrator
