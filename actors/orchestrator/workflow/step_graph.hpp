#pragma once

#include "actors/orchestrator/workflow/load.hpp"

#include <bitset>
#include <limits>
#include <unordered_map>

namespace machine::orchestrator {

/// Steps of one workflow, by their places in it.
using step_set = std::bitset<max_workflow_steps>;

/// Who is in whose block, and who comes before whom. It refers to its workflow.
class step_graph {
public:
  static constexpr size_t none = std::numeric_limits<size_t>::max();

  explicit step_graph(const workflow& what);

  size_t size() const {
    return steps_.size();
  }

  const step& at(size_t i) const {
    return steps_[i];
  }

  /// The step *id*; `none` if there is none.
  size_t find(const std::string& id) const;

  /// The step whose block *i* is in; `none` if that is the workflow.
  size_t parent(size_t i) const {
    return parents_[i];
  }

  /// Whether both are in the same block.
  bool is_beside(size_t a, size_t b) const {
    return steps_[a].parent == steps_[b].parent
        && steps_[a].block == steps_[b].block;
  }

  /// Whether *i* is what its parent does, and not what follows on that.
  bool is_body(size_t i) const;

  /// Whether *around* is the parent of *i*, or of its parent, and so on.
  bool is_around(size_t around, size_t i) const;

  /// The innermost `foreach` that does *i* for each item; `none` without.
  size_t foreach_of(size_t i) const;

  /// Steps that wait for themselves, the first one again at the end; empty if
  /// there are none.
  const std::vector<size_t>& cycle() const {
    return cycle_;
  }

  /// What *i* needs, and what that needs, without a cycle.
  const step_set& needs_of(size_t i) const {
    return needs_[i];
  }

  /// The steps that expressions of *i* can look at: they have ended when it
  /// begins.
  const step_set& ended_before(size_t i) const {
    return ended_[i];
  }

private:
  bool close(size_t i, std::vector<size_t>& path, std::vector<bool>& done);

  const std::vector<step>& steps_;
  std::unordered_map<std::string, size_t> by_id_;
  std::vector<size_t> parents_;
  std::vector<size_t> cycle_;
  std::vector<step_set> needs_;
  std::vector<step_set> ended_;
};

} // namespace machine::orchestrator
