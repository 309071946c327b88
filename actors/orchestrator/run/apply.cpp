#include "actors/orchestrator/run/bounds.hpp"
#include "actors/orchestrator/run/changes.hpp"
#include "actors/orchestrator/run/find.hpp"
#include "actors/orchestrator/run/loops.hpp"
#include "actors/orchestrator/run/reduce.hpp"
#include "actors/orchestrator/run/run.hpp"
#include "runtime/wire/wire.hpp"

#include <algorithm>
#include <iterator>

namespace machine::orchestrator {

namespace {

/// Makes one event part of the state. Every member is total: what an event
/// refers to and is not there is left alone.
struct applier : changes {
  using changes::changes;

  void operator()(const run_created& x) {
    draft.phase = run_phase::waiting_budget;
    draft.created = x;
    draft.created_at = at;
    if (auto graph = wire::from_json<workflow>(x.workflow.text))
      draft.definition = std::move(*graph);
    draft.program.content = nullptr;
    draft.vars = draft.definition.vars;
    // The definition has it all; once is enough.
    draft.created.workflow = {};
    if (x.workspace) {
      draft.directory = x.workspace->directory;
      draft.branch = x.workspace->branch;
      draft.base = x.workspace->base;
    }
    open("", {.owner = {}, .name = std::nullopt, .number = 0});
  }

  void operator()(const run_queued&) {
    draft.phase = run_phase::queued;
  }

  void operator()(const budget_granted&) {
    if (draft.created.origin)
      draft.phase = run_phase::copying;
    else
      prepare();
  }

  void operator()(const history_copied& x) {
    for (auto& payload : x.events) {
      auto past = wire::from_msgpack<entity::recorded<run_event>>(payload);
      // What the origin has copied itself does not count.
      auto copied = draft.copied + 1;
      if (past && is_history(past->event))
        std::visit(applier{draft, past->at}, past->event);
      draft.phase = run_phase::copying;
      draft.copied = copied;
    }
  }

  void operator()(const history_ended&) {
    leave_origin();
    prepare();
  }

  void operator()(const budget_refused& x) {
    draft.message = x.message;
  }

  void operator()(const workspace_opened& x) {
    // What a run has from its origin is part of what it has changed.
    if (!draft.created.origin || draft.base.empty())
      draft.base = x.base;
    // The worktree itself stays that of the origin.
    if (draft.phase == run_phase::copying)
      return;
    draft.directory = x.directory;
    draft.branch = x.branch;
    if (draft.phase == run_phase::preparing)
      draft.phase = run_phase::running;
    if (auto* there = find_activation(draft, "@prepare"))
      end(*there, activation_phase::done);
  }

  void operator()(const step_started& x) {
    std::erase(draft.due, x.activation);
    auto& there = add(x.activation, x.step);
    there.iteration = x.iteration;
    there.deadline = x.deadline;
    retime(there);
  }

  void operator()(const step_skipped& x) {
    std::erase(draft.due, x.activation);
    auto& there = add(x.activation, x.step);
    there.iteration = x.iteration;
    there.message = x.reason;
    end(there, activation_phase::skipped);
  }

  void operator()(const attempt_started& x) {
    draft.last_token = std::max(draft.last_token, x.token);
    auto* known = find_activation(draft, x.activation);
    // The machine's own work is no step of the workflow.
    auto& there = known ? *known : add(x.activation, x.activation);
    if (there.attempt != x.attempt) {
      there.journal.clear();
      there.hints.clear();
    }
    there.kind = x.kind;
    there.attempt = x.attempt;
    there.token = x.token;
    there.request = x.request;
    there.phase = activation_phase::running;
    there.retry_at.reset();
    there.until.reset();
    draft.live[x.activation] = x.token;
    retime(there);
    if (x.kind == attempt_kind::publish)
      draft.phase = run_phase::publishing;
  }

  void operator()(const attempt_lost& x) {
    if (auto* there = live(x.activation, x.token))
      lay_down(*there);
  }

  void operator()(const attempt_suspended& x) {
    if (auto* there = find_activation(draft, x.activation))
      there->phase = activation_phase::suspended;
  }

  void operator()(const attempt_failed& x) {
    auto* there = x.token == 0 ? find_activation(draft, x.activation)
                               : live(x.activation, x.token);
    if (there == nullptr)
      return;
    lay_down(*there);
    there->until.reset();
    there->code = x.code;
    there->message = x.message;
    there->retry_at = x.retry_at;
    if (x.retry_at)
      there->phase = activation_phase::retrying;
    retime(*there);
  }

  void operator()(const attempt_stopped& x) {
    auto* there = live(x.activation, x.token);
    if (there == nullptr)
      return;
    // What has to fail for a reason is told so next.
    if (there->stopping)
      lay_down(*there);
    else
      end(*there, activation_phase::stopped);
  }

  void operator()(const effect_intended& x) {
    auto* there = find_activation(draft, x.activation);
    if (there == nullptr)
      return;
    auto* known = find_effect(*there, x.effect);
    if (known == nullptr)
      known = &there->journal.emplace_back();
    *known = {.effect = x.effect,
              .kind = x.kind,
              .subject = x.subject,
              .idempotent = x.idempotent,
              .phase = effect_phase::open,
              .lease = x.lease,
              .result = {},
              .guard = x.guard,
              .call = x.call};
    draft.leased += x.lease;
  }

  void operator()(const effect_done& x) {
    if (auto* known = settle(x.effect, x.cost, x.usage)) {
      known->phase = effect_phase::done;
      known->result = x.result;
      note_effect(*find_activation(draft, owner_of_effect(x.effect)), *known,
                  x);
    }
  }

  void operator()(const effect_failed& x) {
    if (auto* known = settle(x.effect, x.cost, x.usage))
      known->phase = effect_phase::failed;
  }

  void operator()(const effect_lost& x) {
    if (auto* known = settle(x.effect, x.cost, std::nullopt))
      known->phase = effect_phase::lost;
  }

  void operator()(const child_started& x) {
    if (auto* there = find_activation(draft, x.activation)) {
      there->child = x.run;
      there->child_lease = x.budget;
      draft.leased += x.budget;
      ++draft.children;
    }
  }

  void operator()(const child_ended& x) {
    auto* there = find_activation(draft, x.activation);
    if (there == nullptr || there->child != x.run)
      return;
    draft.leased -= there->child_lease;
    there->child_lease = 0;
    there->child.reset();
    draft.spent_by_children += x.spent;
    spend(*there, x.spent);
    for (auto& row : x.bill)
      add_to_bill(row);
  }

  void operator()(const step_done& x) {
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

  void operator()(const step_failed& x) {
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

  void operator()(const step_stopping& x) {
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

  void operator()(const block_started& x) {
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

  void operator()(const round_started& x) {
    (*this)(block_started{x.activation,
                          block_id(x.activation, std::nullopt, x.iteration),
                          std::nullopt, x.iteration});
  }

  void operator()(const block_stopping& x) {
    auto i = draft.blocks.find(x.block);
    if (i == draft.blocks.end())
      return;
    auto kept = std::move(i->second);
    stop_within(x.block);
    kept.stopping = verdict{x.code, x.message};
    draft.blocks[x.block] = std::move(kept);
    draft.stopping.push_back(x.block);
  }

  void operator()(const block_ended& x) {
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

  void operator()(const items_listed& x) {
    if (auto* there = find_activation(draft, x.activation)) {
      there->items = x.items;
      there->results.assign(x.items.size(), json_text{});
      look_after_items(*there);
    }
  }

  void operator()(const vars_changed& x) {
    auto changes = false;
    for (auto& [name, value] : x.values) {
      auto i = draft.definition.reducers.find(name);
      auto how =
        i == draft.definition.reducers.end() ? reducer::replace : i->second;
      auto& there = draft.vars[name];
      auto next = reduce(how, there, value);
      changes |= next != there;
      there = std::move(next);
    }
    if (changes)
      note_new_value();
  }

  void operator()(const wait_started& x) {
    if (auto* there = find_activation(draft, x.activation)) {
      there->phase = activation_phase::waiting;
      there->until = x.until;
      there->signal = x.signal;
      retime(*there);
    }
  }

  void operator()(const signal_received& x) {
    draft.last_signal = x.number;
    draft.signals.push_back(
      {.number = x.number, .name = x.name, .payload = x.payload});
    if (!x.key)
      return;
    draft.signal_keys.push_back(*x.key);
    if (draft.signal_keys.size() > max_signal_keys)
      draft.signal_keys.erase(draft.signal_keys.begin());
  }

  void operator()(const signal_taken& x) {
    std::erase_if(draft.signals,
                  [&](const kept_signal& y) { return y.number == x.number; });
  }

  void operator()(const interrupt_opened& x) {
    draft.interrupts[x.interrupt] = {.id = x.interrupt,
                                     .number = ++draft.last_interrupt,
                                     .activation = x.activation,
                                     .question = x.question,
                                     .schema = x.schema,
                                     .assignee = x.assignee,
                                     .role = x.role,
                                     .deadline = x.deadline,
                                     .default_answer = x.default_answer};
    if (auto* there = find_activation(draft, x.activation)) {
      there->phase = activation_phase::waiting;
      there->until = x.deadline;
      retime(*there);
    }
  }

  void operator()(const interrupt_answered& x) {
    if (auto* there = find_interrupt(draft, x.interrupt)) {
      there->phase = interrupt_phase::answered;
      there->answer = x.answer;
      there->by = x.by;
      if (is_loop_question(*there))
        take_loop_answer(there->activation, x.answer);
    }
  }

  void operator()(const interrupt_withdrawn& x) {
    if (auto* there = find_interrupt(draft, x.interrupt))
      there->phase = interrupt_phase::withdrawn;
  }

  void operator()(const run_paused&) {
    draft.paused = true;
  }

  void operator()(const run_resumed&) {
    draft.paused = false;
  }

  void operator()(const cancel_requested& x) {
    draft.cancelling = true;
    draft.message = x.reason;
    if (x.leave_done) {
      draft.leave_done = true;
      draft.undoable.clear();
    }
  }

  void operator()(const run_closing& x) {
    // Of a history that is not complete nothing is to be undone, either.
    if (draft.phase == run_phase::copying) {
      leave_origin();
      draft.undoable.clear();
    }
    draft.phase = run_phase::closing;
    draft.paused = false;
    draft.result = x.result;
    draft.code = x.code;
    draft.message = x.message;
    draft.output = x.output;
    if (x.result == run_result::done)
      draft.undoable.clear();
    stop_within("");
    draft.signals.clear();
  }

  void operator()(const undo_started&) {
    draft.phase = run_phase::undoing;
  }

  void operator()(const work_published& x) {
    draft.published = {.branch = x.branch,
                       .base = x.base,
                       .commit = x.commit,
                       .diff = x.diff,
                       .files_changed = x.files_changed,
                       .lines_added = x.lines_added,
                       .lines_removed = x.lines_removed};
    if (auto* there = find_activation(draft, "@publish"))
      end(*there, activation_phase::done);
  }

  void operator()(const run_ended& x) {
    draft.phase = run_phase::ended;
    draft.result = x.result;
    draft.code = x.code;
    draft.message = x.message;
    draft.output = x.output;
    draft.ended_at = at;
    stop_within("");
    draft.undoable.clear();
  }

  void operator()(const charges_posted& x) {
    std::erase_if(draft.outbox,
                  [&](const charge& y) { return y.number <= x.up_to; });
  }

  void operator()(const orchestrator::parent_told&) {
    draft.parent_told = true;
  }

  void operator()(const orchestrator::schedule_told&) {
    draft.schedule_told = true;
  }

  void operator()(const books_closed&) {
    draft.books_closed = true;
  }

  void operator()(const run_archived&) {
    draft.archived = true;
  }

  void operator()(const run_unarchived&) {
    draft.archived = false;
  }

private:
  /// Whether a run has *event* from its origin. What the machine did for that
  /// one it does for this one anew.
  static bool is_history(const run_event& event) {
    return std::visit(
      []<class T>(const T& x) {
        using namespace orchestrator;
        if constexpr (requires { x.activation; })
          return !x.activation.starts_with('@');
        else if constexpr (
          std::is_same_v<
            T,
            run_created> || std::is_same_v<T, budget_granted> || std::is_same_v<T, run_queued> || std::is_same_v<T, run_paused> || std::is_same_v<T, charges_posted>)
          return false;
        else
          return true;
      },
      event);
  }

  static std::string_view owner_of_effect(std::string_view effect) {
    return effect.substr(0, effect.rfind('#'));
  }

  void begin_round(activation& there, uint32_t number) {
    note_round(there);
    forget(there, block_id(there.id, std::nullopt, number - 1));
  }

  void take_loop_answer(const std::string& id, const json_text& answer) {
    auto* there = find_activation(draft, id);
    if (there == nullptr)
      return;
    count_anew(*there);
    if (auto text = hint_in(answer))
      there->hints.push_back({count_done_effects(*there), std::move(*text)});
  }

  void prepare() {
    draft.phase = draft.created.repository && !draft.created.workspace
                  ? run_phase::preparing
                  : run_phase::running;
  }

  void note_commit(activation& there, const std::optional<std::string>& x) {
    there.commit = x;
    if (x)
      draft.checkpoint = x;
  }

  /// Nothing of what lived in the origin lives here, and nothing that was spent
  /// there was spent here.
  void leave_origin() {
    forget_money();
    for (auto& [id, there] : draft.activations) {
      for (auto& effect : there.journal)
        if (effect.phase == effect_phase::open)
          effect.phase = effect_phase::lost;
      if (there.token == 0)
        continue;
      lay_down(there);
      there.child.reset();
      // What had to stop has stopped, as nothing of it lives here.
      if (!must_stop(draft, id))
        there.phase = activation_phase::suspended;
      else if (!there.stopping)
        end(there, activation_phase::stopped);
    }
  }

  void forget_money() {
    draft.spent = draft.leased = draft.spent_by_children = 0;
    draft.spent_by_step.clear();
    draft.bill.clear();
    draft.outbox.clear();
    draft.last_charge = 0;
    for (auto& [key, trail] : draft.trails)
      trail.idle_cost = 0;
    for (auto& [id, there] : draft.activations) {
      there.spent = there.child_lease = 0;
      for (auto& effect : there.journal)
        effect.lease = 0;
    }
  }

  /// Returns the lease of an open effect and books what it cost.
  effect_record* settle(const std::string& effect, micro_usd cost,
                        const std::optional<models::token_usage>& usage) {
    auto* there = find_activation(draft, owner_of_effect(effect));
    auto* known = there == nullptr ? nullptr : find_effect(*there, effect);
    if (known == nullptr || known->phase != effect_phase::open)
      return nullptr;
    draft.leased -= known->lease;
    known->lease = 0;
    if (known->kind != effect_kind::model)
      return known;
    spend(*there, cost);
    add_to_bill({.model = known->subject,
                 .calls = 1,
                 .usage = usage.value_or(models::token_usage{}),
                 .cost = cost});
    if (cost > 0)
      draft.outbox.push_back({.number = ++draft.last_charge,
                              .at = at,
                              .effect = effect,
                              .model = known->subject,
                              .usage = usage,
                              .cost = cost});
    return known;
  }
};

} // namespace

void run::apply(state& draft, const event& what, timestamp at) {
  std::visit(applier{draft, at}, what);
}

} // namespace machine::orchestrator
