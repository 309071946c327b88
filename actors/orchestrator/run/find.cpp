#include "actors/orchestrator/run/find.hpp"

#include <algorithm>
#include <set>

namespace machine::orchestrator {

namespace {

template <class Map>
auto* find_in(Map& where, std::string_view id) {
  auto i = where.find(std::string{id});
  return i == where.end() ? nullptr : &i->second;
}

template <class Journal>
auto* find_newest(Journal& where, std::string_view id) {
  auto i = std::find_if(where.rbegin(), where.rend(),
                        [&](auto& x) { return x.effect == id; });
  return i == where.rend() ? nullptr : &*i;
}

} // namespace

const activation* find_activation(const run_state& now, std::string_view id) {
  return find_in(now.activations, id);
}

activation* find_activation(run_state& draft, std::string_view id) {
  return find_in(draft.activations, id);
}

const step* find_step(const run_state& now, std::string_view id) {
  auto i = now.definition.plan().find(id);
  return i == program::nowhere ? nullptr : &now.definition->steps[i];
}

const interrupt* find_interrupt(const run_state& now, std::string_view id) {
  return find_in(now.interrupts, id);
}

interrupt* find_interrupt(run_state& draft, std::string_view id) {
  return find_in(draft.interrupts, id);
}

const effect_record* find_effect(const activation& where, std::string_view id) {
  return find_newest(where.journal, id);
}

effect_record* find_effect(activation& where, std::string_view id) {
  return find_newest(where.journal, id);
}

std::string activation_id(std::string_view block, std::string_view step) {
  std::string result{block};
  if (!block.empty())
    result += '.';
  return result += step;
}

std::string block_id(std::string_view owner,
                     const std::optional<std::string>& name, uint32_t number) {
  auto result = std::string{owner} + '[';
  return result += (name ? *name : std::to_string(number)) + ']';
}

std::string_view block_of(std::string_view id) {
  auto end = id.rfind('.');
  return end == id.npos ? std::string_view{} : id.substr(0, end);
}

std::string_view step_of(std::string_view id) {
  auto end = id.rfind('.');
  return end == id.npos ? id : id.substr(end + 1);
}

std::string_view owner_of(std::string_view block) {
  auto end = block.rfind('[');
  return end == block.npos ? std::string_view{} : block.substr(0, end);
}

bool is_within(std::string_view id, std::string_view around) {
  return id.starts_with(around)
      && (id.size() == around.size() || around.empty()
          || id[around.size()] == '.' || id[around.size()] == '[');
}

bool has_ended(const activation& x) {
  switch (x.phase) {
    case activation_phase::done:
    case activation_phase::failed:
    case activation_phase::skipped:
    case activation_phase::stopped: return true;
    case activation_phase::running:
    case activation_phase::waiting:
    case activation_phase::retrying:
    case activation_phase::suspended:
    case activation_phase::stopping:
    case activation_phase::handling: return false;
  }
  return false;
}

micro_usd used_by_step(const run_state& now, const step& what) {
  std::set<std::string_view> inside;
  // The steps of a block follow the step that it belongs to.
  for (auto& x : now.definition->steps)
    if (x.id == what.id || (x.parent && inside.contains(*x.parent)))
      inside.insert(x.id);
  micro_usd result = 0;
  for (auto& [id, spent] : now.spent_by_step)
    if (inside.contains(id))
      result += spent;
  // Only what lives has set something aside.
  for (auto& [id, token] : now.live) {
    auto* x = find_activation(now, id);
    if (x == nullptr || !inside.contains(x->step))
      continue;
    result += x->child_lease;
    for (auto& effect : x->journal)
      result += effect.lease;
  }
  return result;
}

bool is_reconciliation(const interrupt& x) {
  return x.id.starts_with("reconcile:");
}

bool is_loop_question(const interrupt& x) {
  return x.id.starts_with("loop:");
}

bool is_known_to_project(const run_state& now) {
  auto& parent = now.created.parent;
  return !parent || parent->callers.empty() || now.spent > 0;
}

bool fails_alone(const run_state& now, const open_block& block) {
  if (block.name)
    return *block.name == failure_block || *block.name == undo_block;
  auto* owner = find_step(now, step_of(block.owner));
  auto* items = owner ? std::get_if<foreach_step>(&owner->action) : nullptr;
  return items != nullptr && items->on_failure == failure_policy::proceed;
}

bool has_live_attempts(const run_state& now) {
  return !now.live.empty();
}

bool has_live_attempts(const run_state& now, std::string_view around) {
  auto i = now.live.lower_bound(std::string{around});
  for (; i != now.live.end() && i->first.starts_with(around); ++i)
    if (is_within(i->first, around))
      return true;
  return false;
}

bool must_stop(const run_state& now, std::string_view id) {
  return now.phase == run_phase::closing
      || std::any_of(now.stopping.begin(), now.stopping.end(),
                     [&](auto& x) { return is_within(id, x); });
}

bool makes_progress(const run_state& now) {
  return !now.paused
      && (now.phase == run_phase::running || now.phase == run_phase::undoing);
}

bool begins_by_itself(const run_state& now) {
  return waits_for_place(now) && now.created.parent;
}

bool waits_for_place(const run_state& now) {
  return now.phase == run_phase::waiting_budget
      || now.phase == run_phase::queued;
}

bool has_more_to_do(const run_state& now) {
  auto* publish = find_activation(now, "@publish");
  switch (now.phase) {
    case run_phase::closing: return now.live.empty();
    case run_phase::publishing:
      return publish != nullptr && has_ended(*publish);
    case run_phase::undoing:
      if (now.live.empty() && now.blocks.empty())
        return true;
      break;
    default: break;
  }
  if (!makes_progress(now))
    return false;
  return !now.due.empty() || !now.continuing.empty()
      || std::any_of(now.stopping.begin(), now.stopping.end(),
                     [&](auto& x) { return !has_live_attempts(now, x); });
}

costs::call_account account_of(const run_created& x, const std::string& id) {
  costs::call_account result;
  result.project = x.project;
  result.principal = x.principal;
  result.key = x.api_key;
  result.run = id;
  result.tags = x.tags;
  return result;
}

} // namespace machine::orchestrator
