#pragma once

#include "actors/costs/herald/herald.hpp"
#include "actors/models/desk/desk.hpp"
#include "actors/orchestrator/books/bookkeeper.hpp"
#include "actors/orchestrator/dispatch/dispatch.hpp"
#include "actors/orchestrator/kin/copier.hpp"
#include "actors/orchestrator/kin/kin.hpp"
#include "actors/orchestrator/scheduler/scheduler.hpp"
#include "runtime/telemetry/tracer.hpp"

namespace machine {

/// Sends an effect of a ledger to the actor that does such things.
struct ledger_router {
  models::desk desk;
  costs::herald_actor herald;

  void operator()(const entity::key& of, const costs::ledger::effect& what);
};

/// Sends an effect of a run to the actor that does such things.
struct run_router {
  orchestrator::bookkeeper_actor bookkeeper;
  orchestrator::dispatch_actor dispatch;
  orchestrator::kin_actor kin;
  orchestrator::copier_actor copier;
  orchestrator::scheduler_actor scheduler;
  tracer traces;

  void operator()(const entity::key& run,
                  const orchestrator::run_effect& what) const;
};

} // namespace machine
