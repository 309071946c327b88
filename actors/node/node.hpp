#pragma once

#include "actors/agents/sandbox/sandbox.hpp"
#include "actors/agents/session/role.hpp"
#include "actors/costs/herald/secret_files.hpp"
#include "actors/costs/purse/purse.hpp"
#include "actors/models/catalogue_source.hpp"
#include "actors/models/routing/policy.hpp"
#include "actors/node/run_request.hpp"
#include "actors/orchestrator/retention/retention.hpp"
#include "actors/orchestrator/run/summary.hpp"
#include "actors/tenants.hpp"
#include "runtime/entity/entity.hpp"
#include "runtime/net/client.hpp"
#include "runtime/store/store.hpp"
#include "runtime/telemetry/tracer.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace machine {

/// What a node is made of.
struct node_options {
  /// Holds the store and the worktrees.
  std::string data_directory;
  std::shared_ptr<store::engine> engine;
  /// How calls of clients are served.
  models::routing_policy routing;
  costs::purse_rules money;
  /// Tells webhooks; none: one of its own. Where they may be.
  std::shared_ptr<net::client> http;
  net::address_policy webhook_addresses = net::address_policy::public_only;
  /// Where what webhooks sign with is looked for before files are; none:
  /// nowhere else.
  costs::secret_finder secrets;
  /// What can be asked, which may become something else while the node lives.
  std::shared_ptr<models::catalogue_source> models =
    std::make_shared<models::catalogue_source>();
  std::map<std::string, agents::role> roles;
  agents::sandbox_limits sandbox;
  /// Attempts that run at one time.
  size_t capacity = 4;
  /// What steps may ask for with `runs_on`.
  std::vector<std::string> labels;
  uint64_t snapshot_every = 200;
  duration idle_timeout{60'000};
  duration provider_idle{60'000};
  duration provider_total{600'000};
  /// When runs that have ended are archived, and erased.
  orchestrator::retention_rules retention;
  /// How often content that nobody refers to is looked for; none: never.
  std::optional<duration> collect_every;
  /// How long it is kept.
  duration blob_grace{86'400'000};
  /// What calls of models are timed by, which never goes back; none: the clocks
  /// of this computer.
  std::function<timestamp()> call_clock;
  /// How long decisions of calls are kept; none: for ever.
  std::optional<duration> keep_decisions = std::chrono::hours{14 * 24};
  /// How many are kept of each tenant.
  uint64_t max_decisions = 1'000'000;
  /// Where spans of runs go.
  tracer traces;
  /// Hears of each actor or entity that failed: its name, and why. It is
  /// started or loaded again at once; an entity that fails too often, or whose
  /// log cannot be read, when somebody asks for it. On any thread.
  std::function<void(const std::string&, const caf::error&)> on_failure;
  /// Called once when actors failed too often: the node does nothing any more,
  /// and its process has to end. On a thread of the actors.
  std::function<void(const caf::error&)> on_collapse;
};

/// A machine in one process: all actors of all roles, and the doors to them.
/// Commands are answered on a thread of the actors, which must not be blocked.
class node {
public:
  struct impl;

  explicit node(node_options options);

  node(const node&) = delete;
  node& operator=(const node&) = delete;

  /// Stops as if the power failed, but in order: nothing is cancelled, and a
  /// later node goes on with what this one leaves. Not for threads of the
  /// actors.
  ~node();

  store::engine& engine();

  const node_options& options() const;

  /// Loads every run that has not ended, and every schedule that fires, so that
  /// they go on.
  caf::error resume_all();

  /// Checks *what* and begins a run of *tenant*; the answer is its id.
  /// `conflict` if its key was used for something else. *then* is not called if
  /// the node ends meanwhile.
  void start_run(const std::string& tenant, run_request what,
                 std::function<void(caf::expected<std::string>)> then);

  impl& actors() {
    return *impl_;
  }

private:
  std::unique_ptr<impl> impl_;
};

} // namespace machine
