#include "actors/orchestrator/workflow/step_graph.hpp"

#include <algorithm>

namespace machine::orchestrator {

step_graph::step_graph(const workflow& what)
    : steps_(what.steps), needs_(steps_.size()), ended_(steps_.size()) {
  for (size_t i = 0; i < steps_.size(); ++i)
    by_id_.emplace(steps_[i].id, i);
  for (auto& x : steps_)
    parents_.push_back(x.parent ? find(*x.parent) : none);
  std::vector<size_t> path;
  std::vector<bool> done(steps_.size());
  for (size_t i = 0; i < steps_.size(); ++i)
    if (!close(i, path, done))
      return;
  // A step stands before those of its blocks.
  for (size_t i = 0; i < steps_.size(); ++i) {
    ended_[i] = needs_[i];
    auto around = parents_[i];
    if (around == none)
      continue;
    ended_[i] |= ended_[around];
    if (!is_body(i))
      ended_[i].set(around);
  }
}

bool step_graph::close(size_t i, std::vector<size_t>& path,
                       std::vector<bool>& done) {
  if (done[i])
    return true;
  if (auto again = std::find(path.begin(), path.end(), i);
      again != path.end()) {
    cycle_.assign(again, path.end());
    cycle_.push_back(i);
    return false;
  }
  path.push_back(i);
  for (auto& id : steps_[i].needs) {
    auto need = find(id);
    if (need == none || !is_beside(i, need))
      continue;
    if (!close(need, path, done))
      return false;
    needs_[i] |= needs_[need];
    needs_[i].set(need);
  }
  path.pop_back();
  done[i] = true;
  return true;
}

size_t step_graph::find(const std::string& id) const {
  auto i = by_id_.find(id);
  return i == by_id_.end() ? none : i->second;
}

bool step_graph::is_body(size_t i) const {
  auto& block = steps_[i].block;
  return steps_[i].parent && block != failure_block && block != undo_block;
}

bool step_graph::is_around(size_t around, size_t i) const {
  for (i = parents_[i]; i != none; i = parents_[i])
    if (i == around)
      return true;
  return false;
}

size_t step_graph::foreach_of(size_t i) const {
  for (; parents_[i] != none; i = parents_[i])
    if (is_body(i)
        && std::holds_alternative<foreach_step>(steps_[parents_[i]].action))
      return parents_[i];
  return none;
}

} // namespace machine::orchestrator
