#include "actors/orchestrator/run/run.hpp"

#include "actors/orchestrator/run/bounds.hpp"
#include "actors/orchestrator/run/find.hpp"
#include "actors/orchestrator/run/summary.hpp"
#include "runtime/wire/wire.hpp"

#include <algorithm>

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
  }
  order.model = now.created.model;
  order.repository = now.created.repository;
  order.directory = now.directory;
  order.branch = now.branch;
  order.base = now.base;
  order.money_left = now.created.budget - now.spent - now.leased;
  order.journal = there.journal;
  return order;
}

/// As many charges as the project takes at once.
post_charges next_charges(const run_state& now) {
  auto size = std::min(now.outbox.size(), max_posted_charges);
  auto end = now.outbox.begin() + static_cast<ptrdiff_t>(size);
  return {now.created.project, {now.outbox.begin(), end}};
}

/// An *Effect* about each live attempt.
template <class Effect>
std::vector<run_effect> for_live_attempts(const run_state& now) {
  std::vector<run_effect> result;
  for (auto& there : now.activations)
    if (there.token != 0)
      result.push_back(Effect{there.id, there.token});
  return result;
}

} // namespace

std::vector<run_effect> run::react(const state& now, const event& what) {
  std::vector<effect> result;
  if (auto* x = std::get_if<run_created>(&what)) {
    result.push_back(request_budget{x->project, x->budget});
  } else if (auto* x = std::get_if<attempt_started>(&what)) {
    if (auto* there = find_activation(now, x->activation))
      result.push_back(start_attempt{order_of(now, *there)});
  } else if (std::holds_alternative<run_closing>(what)) {
    return for_live_attempts<stop_attempt>(now);
  } else if (std::holds_alternative<run_ended>(what)) {
    if (now.outbox.empty())
      result.push_back(close_books{now.created.project, now.spent});
  } else if (std::holds_alternative<charges_posted>(what)) {
    if (!now.outbox.empty())
      result.push_back(next_charges(now));
    else if (now.phase == run_phase::ended)
      result.push_back(close_books{now.created.project, now.spent});
  } else if (std::holds_alternative<effect_done>(what)
             || std::holds_alternative<effect_failed>(what)
             || std::holds_alternative<effect_lost>(what)) {
    if (!now.outbox.empty())
      result.push_back(next_charges(now));
  }
  return result;
}

std::vector<run_effect> run::outstanding(const state& now) {
  auto result = now.phase == run_phase::closing
                ? for_live_attempts<stop_attempt>(now)
                : for_live_attempts<probe_attempt>(now);
  if (now.phase == run_phase::waiting_budget)
    result.push_back(request_budget{now.created.project, now.created.budget});
  if (!now.outbox.empty())
    result.push_back(next_charges(now));
  else if (now.phase == run_phase::ended && !now.books_closed)
    result.push_back(close_books{now.created.project, now.spent});
  return result;
}

std::optional<run_command> run::on_wake() {
  return wake_run{};
}

std::optional<timestamp> run::wake_at(const state& now) {
  std::optional<timestamp> result;
  if (now.phase != run_phase::running && now.phase != run_phase::publishing)
    return result;
  if (has_due_steps(now))
    return now.created_at;
  auto add = [&result](const std::optional<timestamp>& at) {
    if (at && (!result || *at < *result))
      result = at;
  };
  for (auto& x : now.activations)
    add(x.retry_at);
  for (auto& x : now.interrupts)
    if (x.phase == interrupt_phase::open)
      add(x.deadline);
  return result;
}

bool run::idle(const state& now) {
  switch (now.phase) {
    case run_phase::absent: return true;
    case run_phase::ended: return now.books_closed;
    case run_phase::running:
      return !has_live_attempts(now) && now.outbox.empty() && !wake_at(now);
    default: return false;
  }
}

store::summary_row run::summarise(const state& now, const entity::key& id) {
  auto row = summary_of(now, id.id);
  store::summary_row result;
  result.fields["state"] = row.state;
  result.fields["project"] = now.created.project;
  result.fields["open"] =
    idle(now) && now.phase == run_phase::ended ? "false" : "true";
  result.body = wire::to_msgpack(row);
  return result;
}

} // namespace machine::orchestrator
