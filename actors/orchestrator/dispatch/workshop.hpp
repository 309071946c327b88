#pragma once

#include "actors/agents/sandbox/sandbox.hpp"
#include "actors/agents/session/role.hpp"
#include "actors/models/catalogue_source.hpp"
#include "actors/models/desk/interfaces.hpp"
#include "actors/orchestrator/dispatch/census.hpp"
#include "runtime/pool.hpp"
#include "runtime/store/store.hpp"
#include "runtime/telemetry/tracer.hpp"

#include <map>
#include <memory>

namespace machine::orchestrator {

/// What workers of this node work with.
struct workshop {
  run_region runs;
  entity::feed_actor feed;
  models::desk_actor desk;
  std::shared_ptr<const models::catalogue_source> models;
  std::map<std::string, agents::role> roles;
  std::shared_ptr<store::engine> engine;
  std::shared_ptr<blocking_pool> pool;
  /// The threads that wait for commands in the sandbox, *capacity* of them.
  std::shared_ptr<blocking_pool> commands;
  /// Who works here.
  std::shared_ptr<census> present = std::make_shared<census>();
  /// Where worktrees are made.
  std::string workspaces;
  agents::sandbox_limits limits;
  /// Attempts that run at one time.
  size_t capacity = 4;
  /// Longest silence of a provider.
  duration provider_idle{60'000};
  /// Bound on one answer of a provider.
  duration provider_total{600'000};
  /// Where spans of attempts and their effects go.
  tracer traces;
};

} // namespace machine::orchestrator
