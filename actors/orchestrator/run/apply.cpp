#include "actors/orchestrator/run/applier.hpp"
#include "actors/orchestrator/run/find.hpp"
#include "actors/orchestrator/run/run.hpp"
#include "runtime/wire/wire.hpp"

namespace machine::orchestrator {

void applier::operator()(const run_created& x) {
  draft.phase = run_phase::waiting_budget;
  draft.created = x;
  draft.created_at = at;
  if (auto graph = share_workflow(x.workflow.text))
    draft.definition = std::move(*graph);
  draft.vars = draft.definition->vars;
  // The definition has it all; once is enough.
  draft.created.workflow = {};
  if (x.workspace) {
    draft.directory = x.workspace->directory;
    draft.branch = x.workspace->branch;
    draft.base = x.workspace->base;
  }
  open("", {.owner = {}, .name = std::nullopt, .number = 0});
}

void applier::operator()(const run_queued&) {
  draft.phase = run_phase::queued;
}

void applier::operator()(const budget_granted&) {
  if (draft.created.origin)
    draft.phase = run_phase::copying;
  else
    prepare();
}

void applier::operator()(const history_copied& x) {
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

void applier::operator()(const history_ended&) {
  leave_origin();
  prepare();
}

void applier::operator()(const budget_refused& x) {
  draft.message = x.message;
}

void applier::operator()(const workspace_opened& x) {
  // What a run has from its origin is part of what it has changed.
  if (!draft.created.origin || draft.base.empty())
    draft.base = x.base;
  // The worktree itself stays that of the origin.
  if (draft.phase == run_phase::copying)
    return;
  draft.directory = x.directory;
  draft.branch = x.branch;
  if (draft.phase == run_phase::preparing)
    begin_to_run();
  if (auto* there = find_activation(draft, "@prepare"))
    end(*there, activation_phase::done);
}

void applier::operator()(const run_paused&) {
  draft.paused = true;
}

void applier::operator()(const run_resumed&) {
  draft.paused = false;
}

void applier::operator()(const cancel_requested& x) {
  // One that ends already ends for the reason that it has.
  if (draft.phase < run_phase::closing) {
    draft.cancelling = true;
    draft.message = x.reason;
  }
  if (x.leave_done) {
    draft.leave_done = true;
    draft.undoable.clear();
  }
}

void applier::operator()(const run_closing& x) {
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

void applier::operator()(const undo_started&) {
  draft.phase = run_phase::undoing;
}

void applier::operator()(const work_published& x) {
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

void applier::operator()(const run_ended& x) {
  draft.phase = run_phase::ended;
  draft.result = x.result;
  draft.code = x.code;
  draft.message = x.message;
  draft.output = x.output;
  draft.ended_at = at;
  stop_within("");
  draft.undoable.clear();
}

void applier::operator()(const charges_posted& x) {
  std::erase_if(draft.outbox,
                [&](const charge& y) { return y.number <= x.up_to; });
}

void applier::operator()(const orchestrator::parent_told&) {
  draft.parent_told = true;
}

void applier::operator()(const orchestrator::schedule_told&) {
  draft.schedule_told = true;
}

void applier::operator()(const books_closed&) {
  draft.books_closed = true;
}

void applier::operator()(const run_archived&) {
  draft.archived = true;
}

void applier::operator()(const run_unarchived&) {
  draft.archived = false;
}

bool applier::is_history(const run_event& event) {
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

void applier::prepare() {
  if (draft.created.repository && !draft.created.workspace)
    draft.phase = run_phase::preparing;
  else
    begin_to_run();
}

void applier::begin_to_run() {
  draft.phase = run_phase::running;
  renew_limits();
}

void applier::leave_origin() {
  forget_money();
  for (auto& [id, there] : draft.activations) {
    for (auto& effect : there.journal)
      if (effect.phase == effect_phase::open || must_be_done_here(effect))
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

/// Whether *done* is to be done once more, as it may have changed a workspace
/// that is not that of this run: what came after the last checkpoint is not in
/// it. Nobody pays for a model again, and what must not be repeated is not.
bool applier::must_be_done_here(const effect_record& done) const {
  return draft.created.repository && done.phase == effect_phase::done
      && done.kind != effect_kind::model && done.idempotent;
}

void applier::forget_money() {
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

void applier::renew_limits() {
  for (auto& [id, there] : draft.activations) {
    auto* what = find_step(draft, there.step);
    if (what == nullptr)
      continue;
    if (there.deadline && what->step_timeout)
      there.deadline = at + *what->step_timeout;
    auto* wait = std::get_if<wait_step>(&what->action);
    if (wait != nullptr && wait->deadline && there.signal)
      there.until = at + *wait->deadline;
    retime(there);
  }
  for (auto& [id, x] : draft.interrupts) {
    if (x.phase != interrupt_phase::open || !x.deadline || !x.opened_at)
      continue;
    x.deadline = at + (*x.deadline - *x.opened_at);
    x.opened_at = at;
    if (auto* there = find_activation(draft, x.activation)) {
      there->until = x.deadline;
      retime(*there);
    }
  }
}

void run::apply(state& draft, const event& what, timestamp at) {
  std::visit(applier{draft, at}, what);
}

} // namespace machine::orchestrator
