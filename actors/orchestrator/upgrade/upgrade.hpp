#pragma once

#include "actors/audit/audit_log.hpp"
#include "actors/nodes/node_log.hpp"
#include "actors/orchestrator/registry/registered_workflow.hpp"
#include "actors/orchestrator/scheduler/run_schedule.hpp"
#include "actors/orchestrator/upgrade/upgrade_check.hpp"
#include "actors/requests/kept_answer.hpp"
#include "actors/secrets/vault_secret.hpp"
#include "actors/tenants/tenant.hpp"
#include "actors/tracker/project.hpp"
#include "runtime/store/store.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace machine::orchestrator {

/// What became of one log.
struct upgrade_verdict {
  std::string kind;
  std::string tenant;
  std::string id;
  uint64_t events = 0;
  uint64_t decisions = 0;
  /// Decisions of which the log does not tell what caused them.
  uint64_t unexplained = 0;
  /// None: this program goes on as the one before would.
  std::optional<upgrade_difference> difference;

  static constexpr const char* wire_name = "upgrade_verdict";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"kind", &upgrade_verdict::kind},
      wire::field{"tenant", &upgrade_verdict::tenant},
      wire::field{"id", &upgrade_verdict::id},
      wire::field{"events", &upgrade_verdict::events},
      wire::field{"decisions", &upgrade_verdict::decisions},
      wire::field{"unexplained", &upgrade_verdict::unexplained},
      wire::field{"difference", &upgrade_verdict::difference});
  }
};

/// Whether this program would go on with the run *id* as the one that wrote its
/// log. Changes nothing. Blocks.
caf::expected<upgrade_verdict> check_run_upgrade(store::engine& in,
                                                 const entity::key& id);

/// The same of an entity that only its events make: whether this program reads
/// all of them, and makes of them the state that the snapshot has. Blocks.
template <class E>
caf::expected<upgrade_verdict> check_entity_upgrade(store::engine& in,
                                                    const entity::key& id);

extern template caf::expected<upgrade_verdict>
check_entity_upgrade<tracker::project>(store::engine&, const entity::key&);
extern template caf::expected<upgrade_verdict>
check_entity_upgrade<run_schedule>(store::engine&, const entity::key&);
extern template caf::expected<upgrade_verdict>
check_entity_upgrade<requests::kept_answer>(store::engine&, const entity::key&);
extern template caf::expected<upgrade_verdict>
check_entity_upgrade<secrets::vault_secret>(store::engine&, const entity::key&);
extern template caf::expected<upgrade_verdict>
check_entity_upgrade<registered_workflow>(store::engine&, const entity::key&);
extern template caf::expected<upgrade_verdict>
check_entity_upgrade<nodes::node_log>(store::engine&, const entity::key&);
extern template caf::expected<upgrade_verdict>
check_entity_upgrade<tenants::tenant>(store::engine&, const entity::key&);
extern template caf::expected<upgrade_verdict>
check_entity_upgrade<audit::audit_log>(store::engine&, const entity::key&);

/// What `check_upgrade` looks at.
struct upgrade_request {
  std::string tenant;
  /// Runs, by id; empty: all that have not ended.
  std::vector<std::string> runs;
  /// Also those that have ended.
  bool ended = false;
};

/// Checks runs, and with them the projects, schedules and kept answers of the
/// tenant, its audit log and the log of itself unless runs are named. *each*
/// hears of every log as it is done. Blocks.
/// @returns `not_found` naming a run that is not there, or what the store
///          returns.
caf::error
check_upgrade(store::engine& in, const upgrade_request& what,
              const std::function<void(const upgrade_verdict&)>& each);

} // namespace machine::orchestrator
