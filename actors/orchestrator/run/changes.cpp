#include "actors/orchestrator/run/changes.hpp"

#include "actors/orchestrator/run/bounds.hpp"
#include "actors/orchestrator/run/find.hpp"

#include <algorithm>
#include <iterator>

namespace machine::orchestrator {

namespace {

template <class Map, class Fn>
void for_each_within(Map& all, const std::string& around, Fn fn) {
  auto i = all.lower_bound(around);
  while (i != all.end() && i->first.starts_with(around)) {
    auto next = std::next(i);
    if (is_within(i->first, around))
      fn(i);
    i = next;
  }
}

} // namespace

activation* changes::live(const std::string& id, uint64_t token) {
  auto* there = find_activation(draft, id);
  return there != nullptr && token != 0 && there->token == token ? there
                                                                 : nullptr;
}

activation& changes::add(const std::string& id, const std::string& step) {
  auto& there = draft.activations[id];
  there = {.id = id,
           .step = step,
           .number = ++draft.last_activation,
           .started_at = at};
  if (!is_own_work(there))
    ++draft.steps_begun;
  return there;
}

/// Sets the alarm of *there* to what it waits for first.
void changes::retime(const activation& there) {
  std::optional<timestamp> first;
  for (auto& x : {there.retry_at, there.until, there.deadline})
    if (x && (!first || *x < *first))
      first = x;
  if (first)
    draft.timers[there.id] = *first;
  else
    draft.timers.erase(there.id);
}

/// Nobody works on *there* any more.
void changes::lay_down(activation& there) {
  there.token = 0;
  draft.live.erase(there.id);
}

/// *there* waits for nothing but what is in its blocks.
void changes::rest(activation& there, activation_phase phase) {
  lay_down(there);
  there.phase = phase;
  there.retry_at.reset();
  there.until.reset();
  there.deadline.reset();
  there.signal.reset();
  there.stopping.reset();
  there.journal.clear();
  there.journal.shrink_to_fit();
  there.hints.clear();
  there.request = {};
  draft.timers.erase(there.id);
  std::erase(draft.stopping, there.id);
}

void changes::finish(activation& there, activation_phase phase) {
  rest(there, phase);
  there.ended_at = at;
  there.items.clear();
  there.results.clear();
  there.failures.clear();
  drop_trails(there);
  if (!is_own_work(there))
    ++draft.steps_ended;
}

void changes::end(activation& there, activation_phase phase) {
  // The items are part of what can be undone.
  auto items = can_be_undone(there.id) ? there.items : std::vector<json_text>{};
  finish(there, phase);
  there.items = std::move(items);
  drop_blocks(there.id);
  if (!is_own_work(there))
    release(there.id);
}

/// What needs the activation *id* may begin, if that was the last of its
/// needs.
void changes::release(const std::string& id) {
  auto i = draft.blocks.find(std::string{block_of(id)});
  if (i == draft.blocks.end() || i->second.stopping)
    return;
  auto& block = i->second;
  auto& all = draft.definition.plan();
  auto* plan = plan_of(block);
  auto step = all.find(step_of(id));
  if (plan == nullptr || step == program::nowhere)
    return;
  for (auto other : plan->dependents[all.place_in_block(step)])
    if (--block.waits[other] == 0)
      add_due(i->first, plan->steps[other]);
  if (--block.open == 0)
    draft.continuing.push_back(i->first);
}

const block_plan* changes::plan_of(const open_block& block) const {
  return draft.definition.plan().block(step_of(block.owner),
                                       block.name.value_or(""));
}

void changes::add_due(const std::string& block, uint32_t step) {
  draft.due.push_back(activation_id(block, draft.definition->steps[step].id));
}

void changes::open(const std::string& id, open_block block) {
  auto* plan = plan_of(block);
  if (plan == nullptr)
    return;
  block.open = static_cast<uint32_t>(plan->steps.size());
  block.waits = plan->needs;
  draft.blocks[id] = std::move(block);
  for (uint32_t i = 0; i < plan->steps.size(); ++i)
    if (plan->needs[i] == 0)
      add_due(id, plan->steps[i]);
}

bool changes::is_repeat(const activation& there) const {
  auto* what = find_step(draft, there.step);
  return what != nullptr && std::holds_alternative<repeat_step>(what->action);
}

/// Notes whether there is something to do for a `foreach`.
void changes::look_after_items(const activation& there) {
  auto* what = find_step(draft, there.step);
  auto* each = what ? std::get_if<foreach_step>(&what->action) : nullptr;
  if (each == nullptr || there.phase != activation_phase::running)
    return;
  std::erase(draft.continuing, there.id);
  auto all = there.items.size();
  if (there.rounds < all ? there.rounds - there.items_ended < each->parallel
                         : there.items_ended == all)
    draft.continuing.push_back(there.id);
}

/// Forgets the blocks within *around*, and what was to follow in them.
void changes::drop_blocks(const std::string& around) {
  for_each_within(draft.blocks, around, [&](auto i) { draft.blocks.erase(i); });
  auto within = [&](const std::string& x) { return is_within(x, around); };
  std::erase_if(draft.due, within);
  std::erase_if(draft.continuing, within);
  std::erase_if(draft.stopping, within);
}

/// Ends all within *around*, apart from itself, of which nobody works.
void changes::stop_within(const std::string& around) {
  drop_blocks(around);
  for_each_within(draft.activations, around, [&](auto i) {
    auto& there = i->second;
    if (there.id == around || has_ended(there))
      return;
    there.stopping.reset();
    if (there.token == 0) {
      finish(there, activation_phase::stopped);
      return;
    }
    // It ends with what is around it, not by its own time.
    there.deadline.reset();
    retime(there);
  });
}

bool changes::can_be_undone(const std::string& around) const {
  return std::any_of(draft.undoable.begin(), draft.undoable.end(),
                     [&](auto& x) { return is_within(x, around); });
}

/// Nobody can refer to what was in *block* of *owner* any more, other than to
/// undo it.
void changes::forget(activation& owner, const std::string& block) {
  drop_blocks(block);
  if (can_be_undone(block))
    return;
  auto crowded = draft.activations.size() > max_kept;
  for_each_within(draft.activations, block, [&](auto i) {
    i->second.output = {};
    if (!crowded)
      return;
    owner.spent += i->second.spent;
    draft.activations.erase(i);
  });
  if (draft.interrupts.size() > max_kept)
    std::erase_if(draft.interrupts, [&](auto& x) {
      return x.second.phase != interrupt_phase::open
          && is_within(x.second.activation, block);
    });
}

void changes::spend(activation& there, micro_usd cost) {
  there.spent += cost;
  if (cost != 0)
    draft.spent_by_step[there.step] += cost;
  draft.spent += cost;
}

void changes::add_to_bill(const model_bill& more) {
  auto row = std::find_if(draft.bill.begin(), draft.bill.end(),
                          [&](auto& x) { return x.model == more.model; });
  if (row == draft.bill.end())
    row = draft.bill.insert(row, {.model = more.model});
  row->calls += more.calls;
  row->cost += more.cost;
  row->usage.input += more.usage.input;
  row->usage.cached += more.usage.cached;
  row->usage.output += more.usage.output;
}

} // namespace machine::orchestrator
