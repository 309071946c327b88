#include "actors/costs/money.hpp"
#include "actors/orchestrator/run/archive.hpp"
#include "actors/orchestrator/run/bounds.hpp"
#include "actors/orchestrator/run/decider.hpp"
#include "actors/orchestrator/run/find.hpp"
#include "runtime/wire/wire.hpp"

#include <algorithm>

namespace machine::orchestrator {

caf::error decider::operator()(const create_run& x) {
  if (now.phase != run_phase::absent)
    return make_error(ec::conflict, "run " + ctx.key.id + " exists already");
  if (auto graph = share_workflow(x.what.workflow.text); !graph)
    return with_context("workflow of run " + ctx.key.id, graph.error());
  if (auto err = costs::check_amount("a budget", x.what.budget))
    return err;
  if (auto err = check_value("inputs", x.what.inputs))
    return err;
  if (auto err = check_size("the workflow together with inputs and title",
                            wire::to_msgpack(x.what).size(), max_created_bytes))
    return err;
  planner plan{to};
  plan.emit(x.what);
  // Its caller has set aside what it may spend, and has a place for both.
  if (x.what.parent) {
    plan.emit(budget_granted{x.what.budget});
    begin(plan);
  }
  return caf::none;
}

caf::error decider::operator()(const grant_budget& x) {
  // It may be that nobody gives back what was set aside so late.
  if (now.phase == run_phase::ended && now.outbox.empty())
    return make_error(ec::cancelled,
                      "run " + ctx.key.id + " has ended and needs no budget");
  if (!waits_for_place(now))
    return caf::none;
  planner plan{to};
  plan.emit(budget_granted{x.amount});
  begin(plan);
  return caf::none;
}

caf::error decider::operator()(const queue_run&) {
  if (now.phase != run_phase::waiting_budget)
    return caf::none;
  return just(run_queued{});
}

caf::error decider::operator()(const import_history& x) {
  if (now.phase != run_phase::copying || x.first <= now.copied)
    return caf::none;
  auto& origin = *now.created.origin;
  if (x.first != now.copied + 1 || x.events.empty()
      || now.copied + x.events.size() > origin.seq)
    return make_error(ec::invalid_argument, "the next event of the history is "
                                              + std::to_string(now.copied + 1));
  for (auto& payload : x.events) {
    auto past = wire::from_msgpack<entity::recorded<run_event>>(payload);
    if (!past)
      return make_error(ec::corrupt,
                        "the history of run " + origin.run
                          + " does not read: " + message_of(past.error()));
    if (std::holds_alternative<run_closing>(past->event))
      return make_error(ec::invalid_argument, "run " + origin.run
                                                + " ends before event "
                                                + std::to_string(origin.seq));
  }
  planner plan{to};
  plan.emit(history_copied{x.first, x.events});
  if (now.copied < origin.seq)
    return caf::none;
  plan.emit(history_ended{});
  begin(plan);
  return caf::none;
}

caf::error decider::operator()(const fail_import& x) {
  if (now.phase != run_phase::copying)
    return caf::none;
  planner plan{to};
  plan.close(run_result::failed, x.code, x.message);
  plan.advance();
  return caf::none;
}

caf::error decider::operator()(const refuse_budget& x) {
  if (!waits_for_place(now))
    return caf::none;
  planner plan{to};
  plan.emit(budget_refused{clip(x.message)});
  plan.close(run_result::failed, x.code, x.message);
  plan.advance();
  return caf::none;
}

caf::error decider::operator()(const cancel_run& x) {
  auto leave = x.mode == cancel_mode::leave;
  switch (now.phase) {
    case run_phase::absent:
      return make_error(ec::not_found, "there is no run " + ctx.key.id);
    case run_phase::closing:
    case run_phase::undoing:
      if (leave && !now.leave_done)
        break;
      [[fallthrough]];
    case run_phase::publishing:
    case run_phase::ended:
      if (now.result == run_result::cancelled)
        return caf::none;
      return make_error(
        ec::conflict,
        "run " + ctx.key.id + " cannot be cancelled any more: it "
          + (now.phase == run_phase::ended ? "has ended" : "is ending") + " ("
          + std::string{wire::to_name(now.result)} + ")");
    default: break;
  }
  planner plan{to};
  auto reason = clip(x.reason.empty() ? "cancelled by " + x.by : x.reason);
  plan.emit(cancel_requested{x.by, reason, leave});
  plan.close(run_result::cancelled, to_string(ec::cancelled), reason);
  if (now.phase == run_phase::undoing) {
    std::vector<std::string> open;
    for (auto& [id, block] : now.blocks)
      if (block.name == undo_block && !block.stopping)
        open.push_back(id);
    for (auto& id : open)
      plan.stop_block(id, to_string(ec::cancelled), reason);
  }
  plan.advance();
  return caf::none;
}

caf::error decider::operator()(const pause_run& x) {
  if (now.phase == run_phase::absent)
    return make_error(ec::not_found, "there is no run " + ctx.key.id);
  if (now.phase != run_phase::running)
    return make_error(ec::conflict,
                      "run " + ctx.key.id + " is "
                        + std::string{wire::to_name(now.phase)}
                        + "; only a run that is running can pause");
  if (now.paused)
    return caf::none;
  return just(run_paused{x.by, clip(x.reason)});
}

caf::error decider::operator()(const resume_run& x) {
  if (now.phase == run_phase::absent)
    return make_error(ec::not_found, "there is no run " + ctx.key.id);
  if (!now.paused)
    return caf::none;
  planner plan{to};
  plan.emit(run_resumed{x.by});
  go_on(plan);
  return caf::none;
}

caf::error decider::operator()(const parent_is_told&) {
  if (!now.books_closed || now.parent_told)
    return caf::none;
  return just(orchestrator::parent_told{});
}

caf::error decider::operator()(const schedule_is_told&) {
  if (!now.books_closed || !now.created.schedule || now.schedule_told)
    return caf::none;
  return just(orchestrator::schedule_told{});
}

caf::error decider::operator()(const charges_are_posted& x) {
  if (now.outbox.empty() || x.up_to < now.outbox.front().number)
    return caf::none;
  return just(charges_posted{std::min(x.up_to, now.last_charge)});
}

caf::error decider::operator()(const books_are_closed&) {
  if (now.phase != run_phase::ended || now.books_closed)
    return caf::none;
  return just(books_closed{now.created.parent || now.created.schedule});
}

caf::error decider::operator()(const archive_run& x) {
  if (auto err = check_over(now, ctx.key.id, "archived"))
    return err;
  return now.archived ? caf::error{} : just(run_archived{x.by});
}

caf::error decider::operator()(const unarchive_run& x) {
  if (now.phase == run_phase::absent)
    return make_error(ec::not_found, "there is no run " + ctx.key.id);
  return now.archived ? just(run_unarchived{x.by}) : caf::error{};
}

void decider::begin(planner& plan) {
  if (now.phase == run_phase::preparing)
    plan.emit(attempt_started{
      "@prepare", attempt_kind::prepare, 1, now.last_token + 1, {}});
  else if (now.phase == run_phase::running)
    go_on(plan, retry_of_origin());
}

std::optional<std::string> decider::retry_of_origin() const {
  auto& origin = now.created.origin;
  return origin ? origin->retry : std::nullopt;
}

void decider::go_on(planner& plan, const std::optional<std::string>& again) {
  std::vector<std::string> ready;
  for (auto& [id, there] : now.activations)
    if (there.phase == activation_phase::suspended
        || (again == id && there.phase == activation_phase::retrying))
      ready.push_back(id);
  for (auto& id : ready)
    if (again == id)
      plan.retry(id);
    else
      plan.hand_over(id);
  plan.advance();
}

caf::error decider::just(run_event what) {
  to.emit(std::move(what));
  return caf::none;
}

caf::error decider::check_history() const {
  if (now.phase != run_phase::copying
      && (!now.created.origin || !waits_for_place(now)))
    return caf::none;
  return make_error(ec::unavailable,
                    "run " + ctx.key.id + " has not read the history of run "
                      + now.created.origin->run
                      + " yet, which it goes on from; try again in a moment");
}

caf::error run::decide(entity::draft<run>& to, const command& what) {
  return std::visit(decider{to}, what);
}

} // namespace machine::orchestrator
