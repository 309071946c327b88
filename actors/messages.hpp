#pragma once

#include "actors/audit/audit_log.hpp"
#include "actors/costs/ledger/ledger.hpp"
#include "actors/models/desk/made_call.hpp"
#include "actors/models/selector.hpp"
#include "actors/nodes/node_log.hpp"
#include "actors/orchestrator/dispatch/offer.hpp"
#include "actors/orchestrator/registry/registered_workflow.hpp"
#include "actors/orchestrator/run/run.hpp"
#include "actors/orchestrator/scheduler/run_schedule.hpp"
#include "actors/requests/kept_answer.hpp"
#include "actors/secrets/vault_secret.hpp"
#include "actors/tenants/tenant.hpp"
#include "actors/tracker/project.hpp"
#include "runtime/messages.hpp"

/// Every type and atom that the actors of this floor send.

CAF_BEGIN_TYPE_ID_BLOCK(machine_actors,
                        caf::id_block::machine_runtime_last_type_id + 1)

CAF_ADD_TYPE_ID(machine_actors, (machine::orchestrator::run_command))
CAF_ADD_TYPE_ID(machine_actors, (machine::orchestrator::run_state))
CAF_ADD_TYPE_ID(machine_actors,
                (machine::entity::outcome<machine::orchestrator::run>))
CAF_ADD_TYPE_ID(machine_actors, (machine::orchestrator::attempt_order))
CAF_ADD_TYPE_ID(machine_actors, (machine::orchestrator::request_budget))
CAF_ADD_TYPE_ID(machine_actors, (machine::orchestrator::post_charges))
CAF_ADD_TYPE_ID(machine_actors, (machine::orchestrator::close_books))
CAF_ADD_TYPE_ID(machine_actors, (machine::orchestrator::copy_history))
CAF_ADD_TYPE_ID(machine_actors, (machine::orchestrator::start_child))
CAF_ADD_TYPE_ID(machine_actors, (machine::orchestrator::cancel_child))
CAF_ADD_TYPE_ID(machine_actors, (machine::orchestrator::tell_parent))
CAF_ADD_TYPE_ID(machine_actors, (machine::orchestrator::tell_schedule))
CAF_ADD_TYPE_ID(machine_actors, (machine::orchestrator::schedule_command))
CAF_ADD_TYPE_ID(machine_actors, (machine::orchestrator::run_schedule_state))
CAF_ADD_TYPE_ID(machine_actors,
                (machine::entity::outcome<machine::orchestrator::run_schedule>))
CAF_ADD_TYPE_ID(machine_actors, (machine::orchestrator::start_firing))
CAF_ADD_TYPE_ID(machine_actors, (machine::orchestrator::stop_firing))
CAF_ADD_TYPE_ID(machine_actors, (machine::tracker::project_command))
CAF_ADD_TYPE_ID(machine_actors, (machine::tracker::project_state))
CAF_ADD_TYPE_ID(machine_actors,
                (machine::entity::outcome<machine::tracker::project>))
CAF_ADD_TYPE_ID(machine_actors, (machine::tracker::admit_run))
CAF_ADD_TYPE_ID(machine_actors, (machine::tracker::refuse_run))
CAF_ADD_TYPE_ID(machine_actors, (machine::tenants::tenant_command))
CAF_ADD_TYPE_ID(machine_actors, (machine::tenants::tenant_state))
CAF_ADD_TYPE_ID(machine_actors,
                (machine::entity::outcome<machine::tenants::tenant>))
CAF_ADD_TYPE_ID(machine_actors, (machine::audit::audit_command))
CAF_ADD_TYPE_ID(machine_actors, (machine::audit::audit_state))
CAF_ADD_TYPE_ID(machine_actors,
                (machine::entity::outcome<machine::audit::audit_log>))
CAF_ADD_TYPE_ID(machine_actors, (machine::requests::kept_command))
CAF_ADD_TYPE_ID(machine_actors, (machine::requests::kept_state))
CAF_ADD_TYPE_ID(machine_actors,
                (machine::entity::outcome<machine::requests::kept_answer>))
CAF_ADD_TYPE_ID(machine_actors, (machine::secrets::secret_command))
CAF_ADD_TYPE_ID(machine_actors, (machine::secrets::secret_state))
CAF_ADD_TYPE_ID(machine_actors,
                (machine::entity::outcome<machine::secrets::vault_secret>))
CAF_ADD_TYPE_ID(machine_actors, (machine::orchestrator::registry_command))
CAF_ADD_TYPE_ID(machine_actors, (machine::orchestrator::registered_state))
CAF_ADD_TYPE_ID(
  machine_actors,
  (machine::entity::outcome<machine::orchestrator::registered_workflow>))
CAF_ADD_TYPE_ID(machine_actors, (machine::nodes::node_command))
CAF_ADD_TYPE_ID(machine_actors, (machine::nodes::node_state))
CAF_ADD_TYPE_ID(machine_actors,
                (machine::entity::outcome<machine::nodes::node_log>))
CAF_ADD_TYPE_ID(machine_actors, (machine::costs::ledger_command))
CAF_ADD_TYPE_ID(machine_actors, (machine::costs::ledger_state))
CAF_ADD_TYPE_ID(machine_actors,
                (machine::entity::outcome<machine::costs::ledger>))
CAF_ADD_TYPE_ID(machine_actors, (machine::models::selection_request))
CAF_ADD_TYPE_ID(machine_actors, (machine::models::decision))
CAF_ADD_TYPE_ID(machine_actors, (machine::models::planned_call))
CAF_ADD_TYPE_ID(machine_actors, (machine::models::made_call))
CAF_ADD_TYPE_ID(machine_actors, (machine::orchestrator::pool_offer))
CAF_ADD_TYPE_ID(machine_actors, (machine::orchestrator::attempt_end))
CAF_ADD_TYPE_ID(machine_actors, (machine::costs::deliver))

// A worker is to begin, or to stop, an attempt.
CAF_ADD_ATOM(machine_actors, machine::atom, start, "start")
CAF_ADD_ATOM(machine_actors, machine::atom, stop, "stop")
// An attempt is asked after.
CAF_ADD_ATOM(machine_actors, machine::atom, probe, "probe")
// Nothing of an attempt lives any more.
CAF_ADD_ATOM(machine_actors, machine::atom, gone, "gone")
// What an attempt waited for in another thread is there.
CAF_ADD_ATOM(machine_actors, machine::atom, ready, "ready")
// The time of an attempt is over.
CAF_ADD_ATOM(machine_actors, machine::atom, expire, "expire")
// Words of a model, or the output of a command, as it comes.
CAF_ADD_ATOM(machine_actors, machine::atom, piece, "piece")
// Which model is to be used.
CAF_ADD_ATOM(machine_actors, machine::atom, select, "select")
// A call is to begin, if there is money for it.
CAF_ADD_ATOM(machine_actors, machine::atom, reserve, "reserve")
// How a call to a provider went.
CAF_ADD_ATOM(machine_actors, machine::atom, report, "report")
// A pool of workers says what it has and does, and hears that this was taken.
CAF_ADD_ATOM(machine_actors, machine::atom, join, "join")
CAF_ADD_ATOM(machine_actors, machine::atom, accept, "accept")
// A worker ended.
CAF_ADD_ATOM(machine_actors, machine::atom, ended, "ended")
// A pool of workers can take more.
CAF_ADD_ATOM(machine_actors, machine::atom, credit, "credit")

CAF_END_TYPE_ID_BLOCK(machine_actors)
