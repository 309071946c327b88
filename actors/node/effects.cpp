#include "actors/node/effects.hpp"

#include "actors/orchestrator/run/spans.hpp"

#include <caf/send.hpp>

namespace machine {

namespace {

/// Takes each effect of a ledger to who does it. One that nobody takes does not
/// compile.
struct ledger_courier {
  ledger_router& by;
  const entity::key& of;

  void operator()(const costs::budgets_changed&) const {
    by.desk.hear_of_budgets(of.tenant);
  }

  void operator()(const costs::deliver& x) const {
    caf::anon_send(by.herald, atom::start_v, of, x);
  }

  void operator()(const costs::forget_webhook& x) const {
    caf::anon_send(by.herald, atom::stop_v, of, x.id);
  }
};

/// The same for a run.
struct run_courier {
  const run_router& by;
  const entity::key& run;

  void operator()(const orchestrator::start_attempt& x) const {
    caf::anon_send(by.dispatch, atom::start_v, run, x.order);
  }

  void operator()(const orchestrator::stop_attempt& x) const {
    caf::anon_send(by.dispatch, atom::stop_v, run, x.activation, x.token);
  }

  void operator()(const orchestrator::probe_attempt& x) const {
    caf::anon_send(by.dispatch, atom::probe_v, run, x.activation, x.token);
  }

  void operator()(const orchestrator::copy_history& x) const {
    give(by.copier, x);
  }

  void operator()(const orchestrator::start_child& x) const {
    give(by.kin, x);
  }

  void operator()(const orchestrator::cancel_child& x) const {
    give(by.kin, x);
  }

  void operator()(const orchestrator::tell_parent& x) const {
    give(by.kin, x);
  }

  void operator()(const orchestrator::tell_schedule& x) const {
    give(by.scheduler, x);
  }

  void operator()(const orchestrator::request_budget& x) const {
    give(by.bookkeeper, x);
  }

  void operator()(const orchestrator::post_charges& x) const {
    give(by.bookkeeper, x);
  }

  void operator()(const orchestrator::close_books& x) const {
    give(by.bookkeeper, x);
  }

  void operator()(const orchestrator::close_trace& x) const {
    if (by.traces.is_on())
      by.traces.record(orchestrator::span_of_run(run.id, x, by.traces));
  }

private:
  template <class Actor, class Effect>
  void give(const Actor& to, const Effect& what) const {
    caf::anon_send(to, atom::command_v, run, what);
  }
};

} // namespace

void ledger_router::operator()(const entity::key& of,
                               const costs::ledger::effect& what) {
  std::visit(ledger_courier{*this, of}, what);
}

void run_router::operator()(const entity::key& run,
                            const orchestrator::run_effect& what) const {
  std::visit(run_courier{*this, run}, what);
}

} // namespace machine
