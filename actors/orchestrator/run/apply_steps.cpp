#include "actors/orchestrator/run/applier.hpp"
#include "actors/orchestrator/run/bounds.hpp"
#include "actors/orchestrator/run/find.hpp"
#include "actors/orchestrator/run/reduce.hpp"
#include "runtime/wire/wire.hpp"

namespace machine::orchestrator {

void applier::operator()(const step_started& x) {
  std::erase(draft.due, x.activation);
  auto& there = add(x.activation, x.step);
  there.iteration = x.iteration;
  there.deadline = x.deadline;
  retime(there);
}

void applier::operator()(const step_skipped& x) {
  std::erase(draft.due, x.activation);
  auto& there = add(x.activation, x.step);
  there.iteration = x.iteration;
  there.message = x.reason;
  end(there, activation_phase::skipped);
}

void applier::operator()(const step_done& x) {
  if (auto* there = find_activation(draft, x.activation)) {
    note_step(*there, x);
    there->output = x.output;
    note_commit(*there, x.commit);
    there->code.clear();
    there->message.clear();
    if (auto* what = find_step(draft, there->step);
        what != nullptr && what->undo)
      draft.undoable.push_back(there->id);
    end(*there, activation_phase::done);
  }
}

void applier::operator()(const step_failed& x) {
  auto* there = find_activation(draft, x.activation);
  if (there == nullptr)
    return;
  note_step(*there, x);
  there->output = x.output;
  note_commit(*there, x.commit);
  there->code = x.code;
  there->message = x.message;
  auto* what = find_step(draft, there->step);
  if (what != nullptr && what->on_failure == failure_policy::handle) {
    rest(*there, activation_phase::handling);
    // Nothing follows in the block that it failed in.
    drop_blocks(x.activation);
  } else {
    end(*there, activation_phase::failed);
  }
}

void applier::operator()(const step_stopping& x) {
  auto* there = find_activation(draft, x.activation);
  if (there == nullptr || has_ended(*there))
    return;
  stop_within(x.activation);
  there->stopping = verdict{x.code, x.message};
  there->phase = activation_phase::stopping;
  there->retry_at.reset();
  there->until.reset();
  there->signal.reset();
  there->deadline.reset();
  retime(*there);
  draft.stopping.push_back(x.activation);
}

void applier::operator()(const block_started& x) {
  auto* owner = find_activation(draft, x.activation);
  if (owner == nullptr)
    return;
  if (x.number > 0) {
    owner->rounds = x.number;
    if (is_repeat(*owner) && x.number > 1)
      begin_round(*owner, x.number);
  }
  if (x.name == undo_block)
    std::erase(draft.undoable, x.activation);
  open(x.block, {.owner = x.activation, .name = x.name, .number = x.number});
  look_after_items(*owner);
}

void applier::operator()(const round_started& x) {
  (*this)(block_started{x.activation,
                        block_id(x.activation, std::nullopt, x.iteration),
                        std::nullopt, x.iteration});
}

void applier::operator()(const block_stopping& x) {
  auto i = draft.blocks.find(x.block);
  if (i == draft.blocks.end())
    return;
  auto kept = std::move(i->second);
  stop_within(x.block);
  kept.stopping = verdict{x.code, x.message};
  draft.blocks[x.block] = std::move(kept);
  draft.stopping.push_back(x.block);
}

void applier::operator()(const block_ended& x) {
  auto i = draft.blocks.find(x.block);
  if (i == draft.blocks.end())
    return;
  auto block = std::move(i->second);
  drop_blocks(x.block);
  auto* owner = find_activation(draft, block.owner);
  if (owner == nullptr)
    return;
  if (block.name == failure_block) {
    end(*owner, activation_phase::failed);
  } else if (block.name == undo_block) {
    if (!x.code.empty())
      draft.undo_problems.push_back(block.owner + ": " + x.message);
  } else if (block.number > 0) {
    auto place = block.number - 1;
    if (place < owner->results.size())
      owner->results[place] = x.output;
    if (!x.code.empty())
      owner->failures.push_back({R"({"index":)" + std::to_string(place)
                                 + R"(,"code":)" + wire::to_json(x.code)
                                 + R"(,"message":)" + wire::to_json(x.message)
                                 + "}"});
    ++owner->items_ended;
    forget(*owner, x.block);
    look_after_items(*owner);
  }
}

void applier::operator()(const items_listed& x) {
  if (auto* there = find_activation(draft, x.activation)) {
    there->items = x.items;
    there->results.assign(x.items.size(), json_text{});
    look_after_items(*there);
  }
}

void applier::operator()(const vars_changed& x) {
  auto changes = false;
  for (auto& [name, value] : x.values) {
    auto i = draft.definition->reducers.find(name);
    auto how =
      i == draft.definition->reducers.end() ? reducer::replace : i->second;
    auto& there = draft.vars[name];
    auto next = reduce(how, there, value);
    changes |= next != there;
    there = std::move(next);
  }
  if (changes)
    note_new_value();
}

void applier::begin_round(activation& there, uint32_t number) {
  note_round(there);
  forget(there, block_id(there.id, std::nullopt, number - 1));
}

void applier::note_commit(activation& there,
                          const std::optional<std::string>& x) {
  there.commit = x;
  note_checkpoint(x);
}

void applier::note_checkpoint(const std::optional<std::string>& x) {
  if (!x || draft.checkpoint == x)
    return;
  draft.checkpoint = x;
  auto& recent = draft.recent_checkpoints;
  std::erase(recent, *x);
  recent.push_back(*x);
  if (recent.size() > max_recent_checkpoints)
    recent.erase(recent.begin());
}

} // namespace machine::orchestrator
