#pragma once

#include "actors/audit/audit_log.hpp"
#include "actors/costs/herald/herald.hpp"
#include "actors/models/decisions/recorder.hpp"
#include "actors/models/desk/desk.hpp"
#include "actors/models/desk/inbox.hpp"
#include "actors/models/desk/interfaces.hpp"
#include "actors/node/guests.hpp"
#include "actors/node/node.hpp"
#include "actors/nodes/node_log.hpp"
#include "actors/orchestrator/books/bookkeeper.hpp"
#include "actors/orchestrator/dispatch/dispatch.hpp"
#include "actors/orchestrator/dispatch/workers.hpp"
#include "actors/orchestrator/kin/copier.hpp"
#include "actors/orchestrator/kin/kin.hpp"
#include "actors/orchestrator/registry/registered_workflow.hpp"
#include "actors/orchestrator/retention/sweeper.hpp"
#include "actors/orchestrator/scheduler/scheduler.hpp"
#include "actors/requests/kept_answer.hpp"
#include "actors/secrets/vault_secret.hpp"
#include "actors/tenants/tenant.hpp"
#include "runtime/entity/feed.hpp"
#include "runtime/entity/region.hpp"
#include "runtime/fair_pool.hpp"
#include "runtime/supervisor/supervisor.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/scoped_actor.hpp>

namespace machine {

struct node_config : caf::actor_system_config {
  node_config();
};

/// The actors of a node. The handles are doors: who is behind them is replaced
/// when it fails. Members are destroyed from the last to the first: handles
/// before the system that they live in.
struct node::impl {
  explicit impl(node_options x);

  /// Ends the actors, guests first. Not for threads of the actors.
  void end();

  node_options options;
  /// Names this process among all that the machine ever has: `n-` and 16
  /// characters.
  const std::string id;
  std::shared_ptr<blocking_pool> pool;
  /// For what clients want to read: however much that is, no entity waits for
  /// it, and a tenant has half of the threads at most.
  std::shared_ptr<fair_pool> lookups;
  /// For decisions that have expressions of users evaluated, and for checking
  /// what they have written: whatever that is, other actors have their threads,
  /// and other tenants half of these.
  std::shared_ptr<fair_pool> thinkers;
  /// For what workers do beside commands: git and files, which may take long.
  std::shared_ptr<blocking_pool> workers;
  std::shared_ptr<blocking_pool> commands;
  std::shared_ptr<entity::shard_table> shards;
  /// Keeps the decisions of calls.
  std::shared_ptr<models::decision_recorder> decisions;
  node_config config;
  caf::actor_system system;
  guest_list guests{system};
  entity::feed_actor feed;
  entity::region_actor<orchestrator::run> runs;
  entity::region_actor<tracker::project> projects;
  entity::region_actor<orchestrator::run_schedule> schedules;
  entity::region_actor<tenants::tenant> tenants;
  entity::region_actor<audit::audit_log> audits;
  entity::region_actor<requests::kept_answer> answers;
  entity::region_actor<secrets::vault_secret> secrets;
  entity::region_actor<orchestrator::registered_workflow> workflows;
  entity::region_actor<nodes::node_log> nodes;
  entity::region_actor<costs::ledger> ledgers;
  costs::herald_actor herald;
  orchestrator::bookkeeper_actor bookkeeper;
  orchestrator::kin_actor kin;
  orchestrator::copier_actor copier;
  orchestrator::scheduler_actor scheduler;
  orchestrator::sweeper_actor sweeper;
  orchestrator::dispatch_actor dispatch;
  orchestrator::workers_actor attempts;
  models::desk_actor clerk;
  /// What the desk is to do. Whoever holds it longer than the node lives keeps
  /// a handle, not the system.
  std::shared_ptr<models::desk_inbox> orders;
  supervision::supervisor_actor supervisor;
};

} // namespace machine
