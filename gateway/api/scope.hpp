#pragma once

#include "actors/node/actors.hpp"
#include "actors/tenants/check.hpp"
#include "gateway/api/api.hpp"
#include "gateway/api/log_view.hpp"
#include "gateway/identity/principal.hpp"
#include "runtime/entity/load.hpp"

#include <memory>
#include <string>

namespace machine::gateway {

using context_ptr = std::shared_ptr<const api_context>;

/// What every tenant may know of the machine that it lives in.
struct machine_facts {
  const std::string& version;
  micro_usd default_budget;
  const std::map<std::string, std::string>& workflows;
  /// As it is when it is asked for.
  std::shared_ptr<const models::model_stock> models;
  const std::map<std::string, agents::role>& roles;
};

/// The machine as one principal has it: the entities and what is stored of
/// their tenant, and nothing of any other. A handler has nothing else, so no
/// mistake in one gets at what belongs to others. Costs few pointers to copy;
/// any thread may use it.
class scope {
public:
  /// @param trace The operation that all of it is done in, if it is in a trace.
  scope(context_ptr machine, principal_ptr who, const trace_context& trace = {})
      : machine_(std::move(machine)), who_(std::move(who)),
        trace_(trace.trace ? std::make_shared<const trace_context>(trace)
                           : nullptr) {}

  const principal& who() const {
    return *who_;
  }

  const std::string& tenant() const {
    return who_->tenant;
  }

  machine_facts facts() const;

  template <class E>
  entity::key key(const std::string& id) const {
    return {tenant(), id};
  }

  template <class E>
  store::stream_id stream(const std::string& id) const {
    return {E::kind, tenant(), id};
  }

  /// A page of the rows of *E*; the tenant of *what* is this one.
  template <class E>
  caf::expected<store::page> list(store::query what) const {
    what.kind = E::kind;
    what.tenant = tenant();
    return engine().list(what);
  }

  template <class E>
  caf::expected<std::vector<store::stored_event>>
  read(const std::string& id, uint64_t from, size_t max_count,
       size_t max_bytes) const {
    return engine().read(stream<E>(id), from, max_count, max_bytes);
  }

  template <class E>
  caf::expected<uint64_t> last_seq(const std::string& id) const {
    return engine().last_seq(stream<E>(id));
  }

  template <class E>
  caf::expected<entity::loaded_entity<E>> replay(const std::string& id) const {
    return entity::replay<E>(engine(), key<E>(id));
  }

  /// See `store::engine::version`.
  template <class E>
  std::optional<uint64_t> version(const std::string& id) const {
    return engine().version(stream<E>(id));
  }

  /// How a thing is now; `not_found` if there is none. Takes no longer than to
  /// look up a key.
  template <class E>
  caf::expected<stamp> stamp_of(const std::string& id) const {
    return stamp_of(stream<E>(id));
  }

  /// What lists show of a thing; `not_found` if there is none. Blocks.
  template <class E>
  caf::expected<store::summary_row> row(const std::string& id) const {
    auto found = engine().read_summary(stream<E>(id));
    if (!found)
      return std::move(found.error());
    return std::move(found->summary);
  }

  const repository_roots& repositories() const {
    return machine_->repositories;
  }

  password_desk& passwords() const {
    return *machine_->passwords;
  }

  /// What seals a secret of this tenant, if there is a vault.
  std::shared_ptr<secrets::vault::putting> begin_secret() const {
    return machine_->vault->begin_put();
  }

  /// A secret of this tenant was set or removed. Blocks.
  void tell_secret_changed() const {
    if (machine_->secret_changed)
      machine_->secret_changed(tenant());
  }

  document_cache& documents() const {
    return *machine_->documents;
  }

  /// The project of a run; empty if there is no such run.
  std::string project_of_run(const std::string& id) const;

  /// Content that something of this tenant refers to, which the caller has
  /// read: a hash that a client names is no such thing.
  caf::expected<bytes> content(const store::blob_hash& hash) const {
    return engine().get_blob(hash);
  }

  /// Whether *hash* is an artefact of *run*; see `orchestrator::artefact_of`.
  /// Blocks for long with a long log.
  caf::expected<bool> has_artefact(const std::string& run,
                                   const store::blob_hash& hash) const;

  template <class E>
  const entity::region_actor<E>& region() const;

  /// Spawns an actor that ends before the machine does; false if that is
  /// ending.
  template <class... Ts>
  bool spawn(Ts&&... xs) const {
    return machine_->machine->actors().guests.spawn(std::forward<Ts>(xs)...);
  }

  /// Runs *job* where it may block.
  caf::error post(std::function<void()> job) const {
    return machine_->machine->actors().lookups->post({tenant(), who_->id},
                                                     std::move(job));
  }

  /// Runs *job*, which works for long on what users have written: only others
  /// who want the same wait for it.
  caf::error think(std::function<void()> job) const {
    return machine_->machine->actors().thinkers->post({tenant(), who_->id},
                                                      std::move(job));
  }

  /// Where calls of models are ordered. They are paid by whoever orders them,
  /// so an order has to name this tenant.
  std::shared_ptr<models::desk_inbox> orders() const {
    return machine_->machine->actors().orders;
  }

  /// Waits until decisions of calls that have ended can be read; see
  /// `decision_recorder::settle`. Blocks.
  bool settle_decisions(duration patience) const {
    return machine_->machine->actors().decisions->settle(patience);
  }

  /// How long decisions are kept; none: for ever.
  std::optional<duration> keeps_decisions() const {
    return machine_->machine->options().keep_decisions;
  }

  /// By which models are chosen where no other policy holds for the tenant.
  const models::routing_policy& usual_policy() const {
    return machine_->machine->options().routing;
  }

  /// What models there are now.
  std::shared_ptr<const models::catalogue> catalogue() const {
    return machine_->machine->options().models->now();
  }

  void start_run(run_request what,
                 std::function<void(caf::expected<std::string>)> then) const;

  /// See `retention/erase.hpp`. Blocks.
  caf::error prepare_to_erase(const std::string& run) const;

  /// The log of a run, as clients see it.
  log_view run_log(const std::string& id) const;

  /// The log of one of the tenant's topics, or of `nodes`, which whoever may
  /// not see the machine does not get to ask for: the door looks at the route.
  log_view topic(const std::string& name) const;

  caf::expected<uint64_t> last_seq(const log_view& log) const {
    return engine().last_seq(mine(log));
  }

  caf::expected<std::vector<store::stored_event>> read(const log_view& log,
                                                       uint64_t from,
                                                       size_t max_count,
                                                       size_t max_bytes) const {
    return engine().read(mine(log), from, max_count, max_bytes);
  }

  /// Sends the events of *log* after number *after*; see `follow.hpp`.
  void follow(log_view log, uint64_t after,
              const std::shared_ptr<event_stream>& to) const;

  /// The channel of *log*.
  std::shared_ptr<channel> listen(log_view log) const;

private:
  store::engine& engine() const {
    return machine_->machine->engine();
  }

  /// Whatever it says, it is a log of this tenant, or the one of nodes, which
  /// are of all.
  store::stream_id mine(const log_view& log) const {
    auto& stream = log.stream;
    auto of_all = stream.kind == "topic" && stream.id == nodes_topic;
    return {stream.kind, of_all ? tenants::system_tenant : tenant(), stream.id};
  }

  caf::expected<stamp> stamp_of(const store::stream_id& stream) const;

  context_ptr machine_;
  principal_ptr who_;
  std::shared_ptr<const trace_context> trace_;
};

template <>
inline const entity::region_actor<orchestrator::run>&
scope::region<orchestrator::run>() const {
  return machine_->machine->actors().runs;
}

template <>
inline const entity::region_actor<tracker::project>&
scope::region<tracker::project>() const {
  return machine_->machine->actors().projects;
}

template <>
inline const entity::region_actor<orchestrator::run_schedule>&
scope::region<orchestrator::run_schedule>() const {
  return machine_->machine->actors().schedules;
}

template <>
inline const entity::region_actor<orchestrator::registered_workflow>&
scope::region<orchestrator::registered_workflow>() const {
  return machine_->machine->actors().workflows;
}

template <>
inline const entity::region_actor<costs::ledger>&
scope::region<costs::ledger>() const {
  return machine_->machine->actors().ledgers;
}

template <>
inline const entity::region_actor<tenants::tenant>&
scope::region<tenants::tenant>() const {
  return machine_->machine->actors().tenants;
}

template <>
inline const entity::region_actor<requests::kept_answer>&
scope::region<requests::kept_answer>() const {
  return machine_->machine->actors().answers;
}

template <>
inline const entity::region_actor<secrets::vault_secret>&
scope::region<secrets::vault_secret>() const {
  return machine_->machine->actors().secrets;
}

/// Of all tenants there is just this one.
template <>
inline entity::key scope::key<tenants::tenant>(const std::string&) const {
  return {tenants::system_tenant, tenant()};
}

template <>
inline store::stream_id
scope::stream<tenants::tenant>(const std::string&) const {
  return {tenants::tenant::kind, tenants::system_tenant, tenant()};
}

} // namespace machine::gateway
