#include "actors/orchestrator/run/run.hpp"

#include "actors/orchestrator/run/archive.hpp"
#include "actors/orchestrator/run/bounds.hpp"
#include "actors/orchestrator/run/find.hpp"
#include "actors/orchestrator/run/spans.hpp"
#include "actors/orchestrator/run/summary.hpp"
#include "actors/orchestrator/workflow/load.hpp"
#include "runtime/wire/wire.hpp"

#include <algorithm>
#include <iterator>

namespace machine::orchestrator {

namespace {

attempt_order order_of(const run_state& now, const activation& there) {
  attempt_order order;
  order.title = now.created.title;
  order.activation = there.id;
  order.step = there.step;
  order.kind = there.kind;
  order.attempt = there.attempt;
  order.token = there.token;
  order.request = there.request;
  if (auto* what = find_step(now, there.step)) {
    order.timeout = what->timeout;
    order.idempotent = what->idempotent;
    order.runs_on = what->runs_on;
  }
  order.model = now.created.model;
  order.repository = now.created.repository;
  order.directory = now.directory;
  order.branch = now.branch;
  order.base = now.base;
  if (there.kind == attempt_kind::prepare)
    order.checkpoints = now.recent_checkpoints;
  order.money_left = now.created.budget - now.spent - now.leased;
  order.journal = there.journal;
  order.hints = there.hints;
  order.begun_at = there.attempt_at;
  order.trace = now.created.trace;
  order.whose = account_of(now.created, {});
  return order;
}

bool must_tell_parent(const run_state& now) {
  return now.books_closed && now.created.parent && !now.parent_told;
}

bool must_tell_schedule(const run_state& now) {
  return now.books_closed && now.created.schedule && !now.schedule_told;
}

tell_schedule word_to_schedule(const run_state& now) {
  return {*now.created.schedule, now.result, now.message};
}

/// The runs that call *now*, the outermost first.
std::vector<calling_run> callers_of(const run_state& now) {
  auto& parent = now.created.parent;
  if (!parent)
    return {};
  // An old log names only one of them.
  if (parent->callers.empty())
    return {{parent->run, 0}};
  return parent->callers;
}

/// As many charges as the project takes at once.
post_charges next_charges(const run_state& now) {
  auto size = std::min(now.outbox.size(), max_posted_charges);
  auto end = now.outbox.begin() + static_cast<ptrdiff_t>(size);
  return {now.created.project,
          {now.outbox.begin(), end},
          now.created.budget,
          callers_of(now)};
}

request_budget budget_of(const run_created& x, const std::string& run) {
  return {x.project, x.budget, x.priority, x.task, account_of(x, run)};
}

/// The run that *there*, a `call` step, waits for.
start_child child_of(const run_state& now, const activation& there,
                     const std::string& parent, micro_usd budget) {
  start_child result{*there.child, now.created};
  auto& what = result.what;
  auto request = wire::from_json<step_action>(there.request.text);
  auto* call = request ? std::get_if<call_step>(&*request) : nullptr;
  if (call != nullptr) {
    what.inputs = call->inputs;
    if (auto called = now.definition.called(call->workflow)) {
      what.workflow_name = called->name;
      what.workflow_hash = called->hash;
      what.workflow.text = called->text;
    }
  }
  what.budget = budget;
  // Only who was forked goes on from another run, and only whom a schedule
  // began tells it; what they call begins anew.
  what.origin.reset();
  what.schedule.reset();
  what.trace = trace_below_run(parent, now.created.trace);
  auto callers = callers_of(now);
  callers.push_back({parent, now.created.budget});
  what.parent =
    parent_link{parent, there.id, there.token,
                (now.created.parent ? now.created.parent->depth : 0) + 1,
                std::move(callers)};
  if (!now.directory.empty())
    what.workspace = shared_workspace{now.directory, now.branch, now.base};
  return result;
}

tell_parent end_of(const run_state& now, const std::string& id) {
  auto& parent = *now.created.parent;
  return {parent.run,
          {.activation = parent.activation,
           .token = parent.token,
           .run = id,
           .result = now.result,
           .code = now.code,
           .message = now.message,
           .output = now.output,
           .spent = now.spent,
           .bill = now.bill,
           .commit = now.checkpoint}};
}

/// Asks for the end of every live attempt in the activation or block *around*.
void stop_within(const run_state& now, std::string_view around,
                 std::vector<run_effect>& to) {
  for (auto& [id, token] : now.live) {
    if (!is_within(id, around))
      continue;
    auto* there = find_activation(now, id);
    if (there != nullptr && there->child)
      to.push_back(cancel_child{*there->child, now.message});
    else
      to.push_back(stop_attempt{id, token});
  }
}

/// What follows from one event.
struct reactor {
  const run_state& now;
  const entity::key& key;
  std::vector<run_effect> result{};

  void operator()(const run_created& x) {
    if (!x.parent)
      result.push_back(budget_of(x, key.id));
  }

  void operator()(const budget_granted&) {
    copy();
  }

  void operator()(const history_copied&) {
    copy();
  }

  void operator()(const attempt_started& x) {
    auto* there = find_activation(now, x.activation);
    if (there != nullptr && x.kind != attempt_kind::call)
      result.push_back(start_attempt{order_of(now, *there)});
  }

  void operator()(const child_started& x) {
    if (auto* there = find_activation(now, x.activation))
      result.push_back(child_of(now, *there, key.id, x.budget));
  }

  void operator()(const step_stopping& x) {
    stop_within(now, x.activation, result);
  }

  void operator()(const block_stopping& x) {
    stop_within(now, x.block, result);
  }

  void operator()(const run_closing&) {
    stop_within(now, {}, result);
  }

  void operator()(const run_ended& x) {
    if (now.outbox.empty() && is_known_to_project(now))
      result.push_back(close_books{now.created.project, own_part(now)});
    result.push_back(close_trace{
      now.created.workflow_name, now.created.trace, now.created_at,
      now.ended_at.value_or(now.created_at), x.result, x.code, x.spent});
  }

  void operator()(const charges_posted&) {
    if (!now.outbox.empty())
      result.push_back(next_charges(now));
    else if (now.phase == run_phase::ended)
      result.push_back(close_books{now.created.project, own_part(now)});
  }

  // What is left of its lease is back by then, and may be spent at once.
  void operator()(const books_closed&) {
    if (must_tell_parent(now))
      result.push_back(end_of(now, key.id));
    if (must_tell_schedule(now))
      result.push_back(word_to_schedule(now));
  }

  void operator()(const effect_done&) {
    post();
  }

  void operator()(const effect_failed&) {
    post();
  }

  void operator()(const effect_lost&) {
    post();
  }

  template <class Other>
  void operator()(const Other&) {}

  static micro_usd own_part(const run_state& now) {
    return now.spent - now.spent_by_children;
  }

  void copy() {
    if (now.phase != run_phase::copying)
      return;
    auto& from = *now.created.origin;
    if (now.copied < from.seq)
      result.push_back(copy_history{from.run, now.copied + 1, from.seq});
  }

private:
  void post() {
    if (!now.outbox.empty())
      result.push_back(next_charges(now));
  }
};

} // namespace

std::vector<run_effect> run::react(const state& now, const event& what,
                                   const entity::key& key) {
  reactor react{now, key};
  std::visit(react, what);
  return std::move(react.result);
}

std::vector<run_effect> run::outstanding(const state& now,
                                         const entity::key& key) {
  reactor again{now, key};
  // What lives, and was spent, in a history that is being copied is the
  // origin's.
  if (now.phase == run_phase::copying) {
    again.copy();
    return std::move(again.result);
  }
  std::vector<effect> result;
  for (auto& [id, token] : now.live) {
    auto* there = find_activation(now, id);
    if (there != nullptr && there->child) {
      result.push_back(child_of(now, *there, key.id, there->child_lease));
      if (must_stop(now, id))
        result.push_back(cancel_child{*there->child, now.message});
    } else if (must_stop(now, id)) {
      result.push_back(stop_attempt{id, token});
    } else {
      result.push_back(probe_attempt{id, token});
    }
  }
  if (waits_for_place(now) && !begins_by_itself(now))
    result.push_back(budget_of(now.created, key.id));
  if (!now.outbox.empty())
    result.push_back(next_charges(now));
  else if (now.phase == run_phase::ended && !now.books_closed)
    result.push_back(close_books{now.created.project, reactor::own_part(now)});
  if (must_tell_parent(now))
    result.push_back(end_of(now, key.id));
  if (must_tell_schedule(now))
    result.push_back(word_to_schedule(now));
  return result;
}

std::optional<run_command> run::on_wake() {
  return wake_run{};
}

std::optional<timestamp> run::wake_at(const state& now) {
  if (has_more_to_do(now) || begins_by_itself(now))
    return now.created_at;
  if (!makes_progress(now) && now.phase != run_phase::publishing)
    return std::nullopt;
  std::optional<timestamp> result;
  for (auto& [id, at] : now.timers)
    if (!result || at < *result)
      result = at;
  return result;
}

bool run::may_take_long(const state& now) {
  return now.phase != run_phase::ended && now.definition.plan().is_wild();
}

bool run::idle(const state& now) {
  switch (now.phase) {
    case run_phase::absent: return true;
    case run_phase::ended:
      return now.books_closed && !must_tell_parent(now)
          && !must_tell_schedule(now);
    case run_phase::running:
    case run_phase::undoing:
      return !has_live_attempts(now) && now.outbox.empty() && !wake_at(now);
    default: return false;
  }
}

caf::error run::may_erase(const state& now, const entity::key& id) {
  return check_over(now, id.id, "erased");
}

store::summary_row run::summarise(const state& now, const entity::key& id) {
  auto row = summary_of(now, id.id);
  store::summary_row result;
  result.fields["state"] = row.state;
  result.fields["project"] = now.created.project;
  auto over = idle(now) && now.phase == run_phase::ended;
  result.fields["open"] = !over ? "true" : now.archived ? "archived" : "false";
  if (auto origin = origin_in_use(now))
    result.fields["copies"] = *origin;
  result.body = wire::to_msgpack(row);
  return result;
}

} // namespace machine::orchestrator
