#include "actors/orchestrator/run/find.hpp"

#include <algorithm>
#include <functional>
#include <set>
#include <unordered_map>

namespace machine::orchestrator {

namespace {

template <class Container, class Projection>
auto* find_in(Container& where, std::string_view id, Projection projection) {
  // What is asked for is most often among the newest.
  auto i = std::find_if(where.rbegin(), where.rend(), [&](auto& x) {
    return std::invoke(projection, x) == id;
  });
  return i == where.rend() ? nullptr : &*i;
}

} // namespace

const activation* find_activation(const run_state& now, std::string_view id) {
  return find_in(now.activations, id, &activation::id);
}

activation* find_activation(run_state& draft, std::string_view id) {
  return find_in(draft.activations, id, &activation::id);
}

const step* find_step(const run_state& now, std::string_view id) {
  return find_in(now.definition.steps, id, &step::id);
}

const interrupt* find_interrupt(const run_state& now, std::string_view id) {
  return find_in(now.interrupts, id, &interrupt::id);
}

interrupt* find_interrupt(run_state& draft, std::string_view id) {
  return find_in(draft.interrupts, id, &interrupt::id);
}

const effect_record* find_effect(const activation& where, std::string_view id) {
  return find_in(where.journal, id, &effect_record::effect);
}

effect_record* find_effect(activation& where, std::string_view id) {
  return find_in(where.journal, id, &effect_record::effect);
}

std::string activation_id(const activation* parent, std::string_view step) {
  if (parent == nullptr)
    return std::string{step};
  return parent->id + "[" + std::to_string(parent->rounds) + "]."
       + std::string{step};
}

bool has_ended(const activation& x) {
  switch (x.phase) {
    case activation_phase::done:
    case activation_phase::failed:
    case activation_phase::skipped:
    case activation_phase::stopped: return true;
    case activation_phase::running:
    case activation_phase::waiting:
    case activation_phase::retrying: return false;
  }
  return false;
}

micro_usd used_by_step(const run_state& now, const step& what) {
  std::set<std::string_view> inside;
  // The steps of a block follow it.
  for (auto& x : now.definition.steps)
    if (x.id == what.id || (x.parent && inside.contains(*x.parent)))
      inside.insert(x.id);
  micro_usd result = 0;
  for (auto& [id, spent] : now.spent_by_step)
    if (inside.contains(id))
      result += spent;
  for (auto& x : now.activations)
    if (inside.contains(x.step))
      for (auto& effect : x.journal)
        result += effect.lease;
  return result;
}

bool is_reconciliation(const interrupt& x) {
  return x.id.starts_with("reconcile:");
}

bool has_due_steps(const run_state& now) {
  if (now.phase != run_phase::running)
    return false;
  std::unordered_map<std::string_view, const activation*> begun;
  std::vector<const activation*> blocks{nullptr};
  for (auto& x : now.activations) {
    begun.emplace(x.id, &x);
    if (x.rounds > 0 && !has_ended(x))
      blocks.push_back(&x);
  }
  auto find = [&](const activation* block, const std::string& step) {
    auto i = begun.find(activation_id(block, step));
    return i == begun.end() ? nullptr : i->second;
  };
  for (auto* block : blocks) {
    auto pending = false;
    for (auto& what : now.definition.steps) {
      if (what.parent.value_or("") != (block ? block->step : ""))
        continue;
      auto* there = find(block, what.id);
      if (there == nullptr
          && std::all_of(what.needs.begin(), what.needs.end(),
                         [&](const std::string& need) {
                           auto* x = find(block, need);
                           return x != nullptr && has_ended(*x);
                         }))
        return true;
      pending |= there == nullptr || !has_ended(*there);
    }
    if (!pending)
      return true;
  }
  return false;
}

bool has_live_attempts(const run_state& now) {
  return std::any_of(now.activations.begin(), now.activations.end(),
                     [](const activation& x) { return x.token != 0; });
}

} // namespace machine::orchestrator
