#include "actors/node/node.hpp"

#include "actors/models/desk/desk_actor.hpp"
#include "actors/node/actors.hpp"
#include "actors/node/effects.hpp"
#include "actors/node/open_runs.hpp"
#include "actors/tenants/list.hpp"
#include "runtime/clock.hpp"
#include "runtime/supervisor/door.hpp"
#include "runtime/wire/wire.hpp"

#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>

#include <sodium.h>

#include <array>
#include <atomic>
#include <filesystem>
#include <thread>

namespace machine {

namespace {

/// Nobody else can have an embedded store, so its leases need no renewal.
constexpr duration exclusive_lease{86'400'000};

/// The pool of this node's workers.
constexpr const char* local_pool = "local";

uint64_t random_bits() {
  uint64_t x = 0;
  randombytes_buf(&x, sizeof x);
  return x;
}

/// *id* and 16 characters of which no two are mistaken for each other.
std::string id_of(std::string id, const std::array<unsigned char, 16>& bits) {
  constexpr std::string_view alphabet = "0123456789abcdefghjkmnpqrstvwxyz";
  for (auto x : bits)
    id += alphabet[x % alphabet.size()];
  return id;
}

std::string new_node_id() {
  std::array<unsigned char, 16> bits{};
  randombytes_buf(bits.data(), bits.size());
  return id_of("n-", bits);
}

/// A new id; the same one again for the same *key* of *tenant*, if there is
/// one.
std::string run_id_for(const std::string& tenant,
                       const std::optional<std::string>& key) {
  std::array<unsigned char, 16> bits{};
  if (key) {
    auto text = "run of " + tenant + ": " + *key;
    crypto_generichash(bits.data(), bits.size(),
                       reinterpret_cast<const unsigned char*>(text.data()),
                       text.size(), nullptr, 0);
  } else {
    randombytes_buf(bits.data(), bits.size());
  }
  return id_of("r-", bits);
}

std::shared_ptr<fair_pool> make_thinkers() {
  auto threads = std::max<size_t>(4, std::thread::hardware_concurrency());
  // Entities wait there, each once; their commands wait in them.
  return std::make_shared<fair_pool>(
    threads, queue_bounds{.all = entity::max_loaded_entities,
                          .group = entity::max_loaded_entities / 2,
                          .member = 10,
                          .under_way = threads / 2});
}

template <class E>
entity::services<E> services_of(node::impl& in) {
  entity::services<E> result;
  result.engine = in.options.engine;
  result.shards = in.shards;
  result.pool = in.pool;
  result.feed = in.feed;
  result.now = wall_clock;
  result.random = random_bits;
  result.snapshot_every = in.options.snapshot_every;
  result.idle_timeout = in.options.idle_timeout;
  if (in.options.on_failure)
    result.failed = [tell = in.options.on_failure](auto& id, auto& why) {
      tell(std::string{E::kind} + " " + id.id, why);
    };
  return result;
}

/// How long the entities may take to answer.
constexpr std::chrono::seconds patience{30};

/// Answers with the id of the run that was begun with the same key, if it was
/// asked for the same.
void compare_run(caf::event_based_actor* self,
                 const entity::region_actor<orchestrator::run>& runs,
                 const entity::key& key, orchestrator::run_created wanted,
                 const std::function<void(caf::expected<std::string>)>& then) {
  // The state leaves the text of the workflow to the log; its hash tells.
  wanted.workflow = {};
  self->request(runs, patience, atom::inspect_v, key)
    .then(
      [=](const orchestrator::run_state& now) {
        // Who asks again does so in another operation.
        auto same = wanted;
        same.trace = now.created.trace;
        if (now.created == same)
          then(key.id);
        else
          then(make_error(ec::conflict,
                          "run " + key.id
                            + " was begun with this key and asks for something "
                              "else; use a new key for a new run"));
      },
      [=](const caf::error& why) { then(why); });
}

/// Keeps decisions in the store of *in*.
std::shared_ptr<models::decision_recorder> make_recorder(node::impl& in) {
  models::recorder_services uses;
  uses.append = [to = in.options.engine](auto what, auto done) {
    to->append(std::move(what), std::move(done));
  };
  uses.list = [of = in.options.engine](auto what) { return of->list(what); };
  uses.shard_count = in.shards->count();
  uses.epoch = [of = in.shards](auto shard) { return of->epoch(shard); };
  uses.lost = [of = in.shards](auto shard, auto epoch) {
    of->lost(shard, epoch);
  };
  uses.now = wall_clock;
  uses.tenants = [of = in.options.engine] {
    return tenants::list_tenants(*of);
  };
  uses.failed = [tell = in.options.on_failure](auto& why) {
    if (tell)
      tell("decisions", why);
  };
  models::recorder_rules rules;
  rules.keep = in.options.keep_decisions;
  rules.max_kept = in.options.max_decisions;
  constexpr duration shortest{1'000};
  if (rules.keep)
    rules.sweep_every =
      std::clamp(*rules.keep / 4, shortest, rules.sweep_every);
  return std::make_shared<models::decision_recorder>(std::move(uses), rules);
}

template <class Handle, class Spawn>
supervision::child child_of(std::string name, const Handle& door, Spawn spawn,
                            std::function<void()> restarted = {}) {
  return {std::move(name), caf::actor_cast<caf::strong_actor_ptr>(door),
          [spawn = std::move(spawn)] {
            return caf::actor_cast<caf::strong_actor_ptr>(spawn());
          },
          std::move(restarted)};
}

/// The region of *E*, whose entities do nothing to the outside.
template <class E>
supervision::child quiet(node::impl& in, std::string name,
                         const entity::region_actor<E>& door) {
  auto uses = services_of<E>(in);
  uses.perform = [](auto&, auto&) {};
  return child_of(std::move(name), door, [system = &in.system, uses] {
    return system->spawn(entity::region<E>, uses);
  });
}

} // namespace

node_config::node_config() {
  add_message_types<caf::id_block::machine_runtime>();
  add_message_types<caf::id_block::machine_actors>();
  add_error_category(caf::atom("machine"), render_ec);
  config_file_path = "";
  set("scheduler.policy", caf::atom("sharing"));
  // An actor whose mailbox never empties must not keep a thread.
  set("scheduler.max-throughput", size_t{100});
}

node::impl::impl(node_options x)
    : options(std::move(x)), id(new_node_id()),
      pool(std::make_shared<blocking_pool>(4)),
      lookups(std::make_shared<fair_pool>(4, queue_bounds{.under_way = 2})),
      thinkers(make_thinkers()), workers(std::make_shared<blocking_pool>(4)),
      commands(std::make_shared<blocking_pool>(options.capacity)),
      shards(std::make_shared<entity::shard_table>(options.engine, "local",
                                                   exclusive_lease)),
      decisions(make_recorder(*this)), system(config) {
  using supervision::make_door;
  feed = make_door<entity::feed_actor>(system);
  runs = make_door<entity::region_actor<orchestrator::run>>(system);
  projects = make_door<entity::region_actor<tracker::project>>(system);
  schedules =
    make_door<entity::region_actor<orchestrator::run_schedule>>(system);
  tenants = make_door<entity::region_actor<tenants::tenant>>(system);
  audits = make_door<entity::region_actor<audit::audit_log>>(system);
  answers = make_door<entity::region_actor<requests::kept_answer>>(system);
  secrets = make_door<entity::region_actor<secrets::vault_secret>>(system);
  workflows =
    make_door<entity::region_actor<orchestrator::registered_workflow>>(system);
  nodes = make_door<entity::region_actor<nodes::node_log>>(system);
  ledgers = make_door<entity::region_actor<costs::ledger>>(system);
  herald = make_door<costs::herald_actor>(system);
  clerk = make_door<models::desk_actor>(system);
  orders = std::make_shared<models::desk_inbox>(clerk);
  scheduler = make_door<orchestrator::scheduler_actor>(system);
  sweeper = make_door<orchestrator::sweeper_actor>(system);
  dispatch = make_door<orchestrator::dispatch_actor>(system);
  attempts = make_door<orchestrator::workers_actor>(system);
  bookkeeper = make_door<orchestrator::bookkeeper_actor>(system);
  kin = make_door<orchestrator::kin_actor>(system);
  copier = make_door<orchestrator::copier_actor>(system);
  auto run_services = services_of<orchestrator::run>(*this);
  run_services.think = [to = thinkers](auto& run, auto job) {
    return to->post({run.tenant, run.id}, std::move(job));
  };
  run_services.perform =
    run_router{bookkeeper, dispatch, kin, copier, scheduler, options.traces};
  auto schedule_services = services_of<orchestrator::run_schedule>(*this);
  schedule_services.perform = [to = scheduler](auto& schedule, auto& what) {
    std::visit(
      [&](auto& x) { caf::anon_send(to, atom::command_v, schedule, x); }, what);
  };
  auto project_services = services_of<tracker::project>(*this);
  project_services.perform = [to = bookkeeper](auto& project, auto& what) {
    std::visit(
      [&](auto& x) { caf::anon_send(to, atom::command_v, project, x); }, what);
  };
  auto ledger_services = services_of<costs::ledger>(*this);
  ledger_services.perform = ledger_router{models::desk{orders}, herald};
  auto tools = std::make_shared<orchestrator::workshop>();
  tools->runs = runs;
  tools->feed = feed;
  tools->desk = clerk;
  tools->models = options.models;
  tools->roles = options.roles;
  tools->engine = options.engine;
  tools->pool = workers;
  tools->commands = commands;
  tools->workspaces = options.data_directory + "/worktrees";
  tools->limits = options.sandbox;
  tools->capacity = options.capacity;
  tools->provider_idle = options.provider_idle;
  tools->provider_total = options.provider_total;
  tools->traces = options.traces;
  // Children may be started again on a thread of the actors at any time, so
  // what they are made of is theirs.
  std::vector<supervision::child> children;
  auto add = [&](auto&&... xs) {
    children.push_back(child_of(std::forward<decltype(xs)>(xs)...));
  };
  auto* in = &system;
  auto tell = [to = options.on_failure](const std::string& name,
                                        const caf::error& why) {
    if (to)
      to(name, why);
  };
  // Who works or pays for runs has forgotten what was asked for.
  auto repeat = [to = runs] { caf::anon_send(to, atom::repeat_v); };
  add("feed", feed, [in] { return in->spawn(entity::feed); });
  // Runs that wait may not have heard of their places.
  add(
    "projects", projects,
    [in, project_services] {
      return in->spawn(entity::region<tracker::project>, project_services);
    },
    repeat);
  add(
    "runs", runs,
    [in, run_services] {
      return in->spawn(entity::region<orchestrator::run>, run_services);
    },
    [this, tell] {
      guests.spawn(load_open_at_last<orchestrator::run>, options.engine, shards,
                   pool, runs, [tell](auto& why) { tell("runs", why); });
    });
  add(
    "schedules", schedules,
    [in, schedule_services] {
      return in->spawn(entity::region<orchestrator::run_schedule>,
                       schedule_services);
    },
    [this, tell] {
      guests.spawn(load_open_at_last<orchestrator::run_schedule>,
                   options.engine, shards, pool, schedules,
                   [tell](auto& why) { tell("schedules", why); });
    });
  children.push_back(quiet<tenants::tenant>(*this, "tenants", tenants));
  children.push_back(quiet<audit::audit_log>(*this, "audits", audits));
  children.push_back(quiet<requests::kept_answer>(*this, "answers", answers));
  children.push_back(quiet<secrets::vault_secret>(*this, "secrets", secrets));
  children.push_back(
    quiet<orchestrator::registered_workflow>(*this, "workflows", workflows));
  children.push_back(quiet<nodes::node_log>(*this, "nodes", nodes));
  std::shared_ptr<const models::catalogue_source> known = options.models;
  add(
    "ledgers", ledgers,
    [in, ledger_services] {
      return in->spawn(entity::region<costs::ledger>, ledger_services);
    },
    [this, tell] {
      guests.spawn(load_open_at_last<costs::ledger>, options.engine, shards,
                   pool, ledgers, [tell](auto& why) { tell("ledgers", why); });
    });
  costs::herald_services for_herald;
  for_herald.ledgers = ledgers;
  for_herald.http = options.http
                    ? options.http
                    : std::make_shared<net::client>(net::client_options{});
  for_herald.addresses = options.webhook_addresses;
  for_herald.secrets =
    costs::first_of(options.secrets, costs::secrets_in(options.data_directory
                                                       + "/webhook-secrets"));
  for_herald.random = random_bits;
  add(
    "herald", herald,
    [in, for_herald] { return in->spawn(costs::herald, for_herald); },
    [to = ledgers] { caf::anon_send(to, atom::repeat_v); });
  models::desk_services for_desk;
  for_desk.inbox = orders;
  for_desk.ledgers = ledgers;
  for_desk.models = known;
  for_desk.policy = options.routing;
  for_desk.money = options.money;
  for_desk.journals = options.data_directory + "/calls";
  for_desk.provider_idle = options.provider_idle;
  for_desk.provider_total = options.provider_total;
  auto& clock = options.call_clock;
  for_desk.wall_clock = clock ? clock : wall_clock;
  for_desk.steady_clock = clock ? clock : steady_now;
  for_desk.random = random_bits;
  for_desk.in_pool = [where = pool](auto job) {
    return where->post(std::move(job));
  };
  for_desk.think = [where = thinkers](auto& whose, auto job) {
    return where->post(whose, std::move(job));
  };
  for_desk.lessons =
    std::make_shared<models::learner_file>(options.data_directory + "/learned");
  for_desk.failed = [tell](const caf::error& why) { tell("desk", why); };
  for_desk.decided = [to = decisions](auto what) { to->note(std::move(what)); };
  // Each start is a holder of its own.
  auto starts = std::make_shared<std::atomic<uint64_t>>(0);
  add("desk", clerk, [in, for_desk, starts, name = id] {
    return in->spawn(models::serve_desk, for_desk,
                     name + "-" + std::to_string(++*starts));
  });
  add(
    "bookkeeper", bookkeeper,
    [in, to = runs, of = projects, by = ledgers] {
      return in->spawn(orchestrator::bookkeeper, to, of, by);
    },
    repeat);
  add(
    "kin", kin, [in, to = runs] { return in->spawn(orchestrator::kin, to); },
    repeat);
  add(
    "scheduler", scheduler,
    [in, to = runs, of = schedules] {
      return in->spawn(orchestrator::scheduler, to, of);
    },
    [repeat, to = schedules] {
      caf::anon_send(to, atom::repeat_v);
      repeat();
    });
  orchestrator::pool_settings pool_of_node{local_pool, options.labels};
  add("workers", attempts, [in, tools, to = dispatch, pool_of_node] {
    return in->spawn(orchestrator::workers,
                     std::shared_ptr<const orchestrator::workshop>{tools}, to,
                     pool_of_node);
  });
  orchestrator::dispatching::settings rules;
  rules.expected = {local_pool};
  // After the workers, because the last one ends first: what they do goes on
  // with the next start, and nobody is to say that it was lost.
  add(
    "copier", copier,
    [in, to = runs, engine = options.engine, where = pool] {
      return in->spawn(orchestrator::copier, to, engine, where);
    },
    repeat);
  orchestrator::sweeper_services for_sweeper{
    runs,
    answers,
    options.engine,
    workers,
    wall_clock,
    [engine = options.engine] { return tenants::list_tenants(*engine); },
    [tell](const caf::error& why) { tell("sweeper", why); }};
  orchestrator::sweeper_settings sweeping{
    options.retention, options.collect_every, options.blob_grace};
  add("sweeper", sweeper, [in, for_sweeper, sweeping] {
    return in->spawn(orchestrator::sweeper, for_sweeper, sweeping);
  });
  add(
    "dispatch", dispatch,
    [in, rules, to = runs] {
      return in->spawn(orchestrator::dispatch, to, rules);
    },
    [repeat, to = attempts] {
      caf::anon_send(to, atom::repeat_v);
      repeat();
    });
  supervision::supervisor_options how;
  how.now = wall_clock;
  how.failed = tell;
  how.gave_up = [tell = options.on_collapse](auto& why) {
    if (tell)
      tell(why);
  };
  supervisor = supervision::supervise(system, std::move(children), how);
  // When they were started, nobody was there to take their offer.
  caf::anon_send(attempts, atom::repeat_v);
}

void node::impl::end() {
  guests.close();
  // Its children end with it, and who starts others goes first.
  caf::scoped_actor self{system};
  self->send_exit(supervisor, caf::exit_reason::kill);
  self->wait_for(supervisor);
  supervisor = nullptr;
  // Commands end because their workers did. What waits in a pool holds handles.
  commands->close();
  workers->close();
  thinkers->close();
  lookups->close();
  pool->close();
  decisions->close();
  shards->close();
  options.engine->close();
}

node::node(node_options options)
    : impl_(std::make_unique<impl>(std::move(options))) {}

node::~node() {
  impl_->end();
}

store::engine& node::engine() {
  return *impl_->options.engine;
}

const node_options& node::options() const {
  return impl_->options;
}

caf::error node::resume_all() {
  auto& engine = *impl_->options.engine;
  if (auto err =
        load_open<orchestrator::run>(engine, *impl_->shards, impl_->runs))
    return err;
  if (auto err =
        load_open<costs::ledger>(engine, *impl_->shards, impl_->ledgers))
    return err;
  return load_open<orchestrator::run_schedule>(engine, *impl_->shards,
                                               impl_->schedules);
}

void node::start_run(const std::string& tenant, run_request what,
                     std::function<void(caf::expected<std::string>)> then) {
  entity::key key{tenant, run_id_for(tenant, what.key)};
  auto again = what.key.has_value();
  auto created = prepare_run(std::move(what));
  if (!created) {
    then(std::move(created.error()));
    return;
  }
  auto ask = [runs = impl_->runs, key, again, then,
              created = std::move(*created)](caf::event_based_actor* self) {
    self
      ->request(runs, patience, atom::command_v, key,
                orchestrator::run_command{orchestrator::create_run{created}})
      .then([=](const entity::outcome<orchestrator::run>&) { then(key.id); },
            [=](const caf::error& why) {
              if (again && code_of(why) == ec::conflict)
                compare_run(self, runs, key, created, then);
              else
                then(why);
            });
  };
  if (!impl_->guests.spawn(std::move(ask)))
    then(make_error(ec::unavailable, "the machine is stopping"));
}

} // namespace machine
