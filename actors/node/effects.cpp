#include "actors/node/effects.hpp"

#include "actors/orchestrator/run/spans.hpp"

#include <caf/send.hpp>

namespace machine {

void ledger_router::operator()(const entity::key& of,
                               const costs::ledger::effect& what) {
  if (std::holds_alternative<costs::budgets_changed>(what))
    desk.hear_of_budgets(of.tenant);
  else if (auto* x = std::get_if<costs::deliver>(&what))
    caf::anon_send(herald, atom::start_v, of, *x);
  else if (auto* x = std::get_if<costs::forget_webhook>(&what))
    caf::anon_send(herald, atom::stop_v, of, x->id);
}

void effect_router::operator()(const entity::key& run,
                               const orchestrator::run_effect& what) const {
  if (auto* x = std::get_if<orchestrator::start_attempt>(&what))
    caf::anon_send(dispatch, atom::start_v, run, x->order);
  else if (auto* x = std::get_if<orchestrator::stop_attempt>(&what))
    caf::anon_send(dispatch, atom::stop_v, run, x->activation, x->token);
  else if (auto* x = std::get_if<orchestrator::probe_attempt>(&what))
    caf::anon_send(dispatch, atom::probe_v, run, x->activation, x->token);
  else if (auto* x = std::get_if<orchestrator::copy_history>(&what))
    caf::anon_send(copier, atom::command_v, run, *x);
  else if (auto* x = std::get_if<orchestrator::start_child>(&what))
    caf::anon_send(kin, atom::command_v, run, *x);
  else if (auto* x = std::get_if<orchestrator::cancel_child>(&what))
    caf::anon_send(kin, atom::command_v, run, *x);
  else if (auto* x = std::get_if<orchestrator::tell_parent>(&what))
    caf::anon_send(kin, atom::command_v, run, *x);
  else if (auto* x = std::get_if<orchestrator::tell_schedule>(&what))
    caf::anon_send(scheduler, atom::command_v, run, *x);
  else if (auto* x = std::get_if<orchestrator::request_budget>(&what))
    caf::anon_send(bookkeeper, atom::command_v, run, *x);
  else if (auto* x = std::get_if<orchestrator::post_charges>(&what))
    caf::anon_send(bookkeeper, atom::command_v, run, *x);
  else if (auto* x = std::get_if<orchestrator::close_books>(&what))
    caf::anon_send(bookkeeper, atom::command_v, run, *x);
  else if (auto* x = std::get_if<orchestrator::close_trace>(&what))
    close(run, *x);
}

void effect_router::close(const entity::key& run,
                          const orchestrator::close_trace& x) const {
  if (traces.is_on())
    traces.record(orchestrator::span_of_run(run.id, x, traces));
}

} // namespace machine
