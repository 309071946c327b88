#include "deploy/machine/machine.hpp"

#include "actors/node/actors.hpp"
#include "deploy/machine/door.hpp"
#include "deploy/machine/first_key.hpp"
#include "deploy/machine/model_keeper.hpp"
#include "deploy/machine/node_notes.hpp"
#include "deploy/machine/traces.hpp"
#include "deploy/machine/vault_keeper.hpp"
#include "gateway/api/api.hpp"
#include "gateway/api/entrance.hpp"
#include "gateway/api/stream_limit.hpp"
#include "gateway/http/server.hpp"
#include "gateway/mcp/door.hpp"
#include "gateway/mcp/offer/offer.hpp"
#include "runtime/embedded.hpp"
#include "runtime/store/lmdb.hpp"
#include "runtime/telemetry/log.hpp"
#include "runtime/telemetry/process_metrics.hpp"
#include "runtime/wire/wire.hpp"

#include <sodium.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <condition_variable>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <mutex>

namespace machine::deploy {

namespace {

std::string new_token() {
  std::array<unsigned char, 32> random{};
  randombytes_buf(random.data(), random.size());
  std::array<char, 64> text{};
  sodium_bin2base64(text.data(), text.size(), random.data(), random.size(),
                    sodium_base64_VARIANT_URLSAFE_NO_PADDING);
  return text.data();
}

/// Lets `wait` return.
struct stop_signal {
  std::mutex mutex;
  std::condition_variable asked;
  bool stop = false;
  caf::error why;

  /// The first reason counts.
  void ask(caf::error reason = {}) {
    std::lock_guard guard{mutex};
    if (!stop)
      why = std::move(reason);
    stop = true;
    asked.notify_all();
  }
};

/// Only the owner may read it, and nobody finds half of it.
caf::error write_endpoint(const std::string& path, const endpoint& what,
                          service whom) {
  auto beside = path + ".new";
  std::error_code code;
  std::filesystem::remove(beside, code);
  auto certificate = what.certificate.empty()
                     ? ""
                     : R"(,"certificate":)" + wire::to_json(what.certificate);
  auto text =
    R"({"url":)" + wire::to_json(what.url) + R"(,"token":)"
    + wire::to_json(what.token) + R"(,"pid":)" + std::to_string(::getpid())
    + R"(,"version":")" MACHINE_VERSION + "\"" + certificate
    + (whom == service::transient ? R"(,"transient":true)" : "") + "}\n";
  auto old = ::umask(0077);
  std::ofstream out{beside, std::ios::binary};
  out << text;
  out.close();
  ::umask(old);
  if (out)
    std::filesystem::rename(beside, path, code);
  if (out && !code)
    return caf::none;
  std::filesystem::remove(beside, code);
  return make_error(ec::io_failed,
                    "cannot write " + path + "; is there room on the disk?");
}

/// Removes the file, unless the next machine has written its own already.
void remove_endpoint(const std::string& path, const endpoint& what) {
  std::ifstream in{path, std::ios::binary};
  std::string text{std::istreambuf_iterator<char>{in}, {}};
  std::error_code ignored;
  if (text.find(wire::to_json(what.token)) != std::string::npos)
    std::filesystem::remove(path, ignored);
}

/// Raises the soft limit of descriptors to the hard one: connections, the
/// store, commands and their pipes share them.
void raise_descriptor_limit() {
  rlimit now = {};
  if (::getrlimit(RLIMIT_NOFILE, &now) != 0 || now.rlim_cur == now.rlim_max)
    return;
  now.rlim_cur = std::min<rlim_t>(now.rlim_max, 65'536);
  static_cast<void>(::setrlimit(RLIMIT_NOFILE, &now));
}

/// How an address stands in a URL (RFC 3986, section 3.2.2).
std::string host_of(const std::string& address) {
  return address.find(':') == std::string::npos ? address : "[" + address + "]";
}

} // namespace

struct running_machine::impl {
  impl() = default;

  impl(const impl&) = delete;
  impl& operator=(const impl&) = delete;

  ~impl() {
    // Clients that work with it finish, or are told to come back.
    constexpr duration patience{2'000};
    if (context)
      *context->now = gateway::stage::stopping;
    if (server)
      server->drain(patience);
    // Whoever serves goes before who is served for, and the file says that a
    // machine is here until the store is free for the next one.
    server = nullptr;
    if (context && context->audit && machine)
      context->audit->finish(context);
    notes->end();
    machine = nullptr;
    models = nullptr;
    // A collector that is gone keeps nobody for long.
    if (spans)
      if (auto problem = spans->stop(patience))
        log.warn("spans are lost", {{"why", message_of(problem)}});
    if (endpoint_file.empty())
      return;
    remove_endpoint(endpoint_file, where);
    log.info("the machine has stopped", {{"url", where.url}});
  }

  std::string endpoint_file;
  /// Keeps the numbers of the process coming.
  std::shared_ptr<const void> of_process;
  std::shared_ptr<stop_signal> signal = std::make_shared<stop_signal>();
  std::shared_ptr<net::client> http;
  std::shared_ptr<node_notes> notes = std::make_shared<node_notes>();
  std::shared_ptr<span_exporter> spans;
  std::unique_ptr<model_keeper> models;
  /// Nobody else owns it: it ends on the thread that ends this.
  std::unique_ptr<node> machine;
  std::shared_ptr<gateway::api_context> context;
  std::unique_ptr<gateway::server> server;
  endpoint where;
  std::optional<std::string> first_key;
  logger log;
};

namespace {

/// What `public`, `loopback` and `any` mean.
net::address_policy addresses_of(const std::string& where) {
  return where == "any"      ? net::address_policy::any
       : where == "loopback" ? net::address_policy::public_and_loopback
                             : net::address_policy::public_only;
}

std::shared_ptr<gateway::issuer_keys>
make_issuer_keys(const config::config& settings,
                 const std::shared_ptr<net::client>& http, node& machine,
                 const logger& log) {
  gateway::issuer_keys_options options;
  options.http = http;
  options.addresses = addresses_of(settings.text("gateway.issuer_addresses"));
  options.post = [pool = machine.actors().pool](auto job) {
    return pool->post(std::move(job));
  };
  options.told = [log](auto& why) {
    log.warn("keys of an issuer are missing", {{"why", why}});
  };
  return std::make_shared<gateway::issuer_keys>(std::move(options));
}

} // namespace

caf::expected<std::unique_ptr<running_machine>>
running_machine::start(const config::config& settings, service whom) {
  if (sodium_init() < 0)
    return make_error(ec::internal, "libsodium does not start");
  raise_descriptor_limit();
  auto what = std::make_unique<impl>();
  log_options logging;
  logging.level = parse_log_level(settings.text("log.level"));
  logging.file = settings.text("log.file");
  if (settings.text("log.format") == "json")
    logging.format = log_format::json;
  auto log = logger::open(logging);
  if (!log)
    return std::move(log.error());
  what->log = *log;
  node_options options;
  std::error_code code;
  // Git and the sandbox work in directories of their own: from here on no path
  // depends on ours.
  options.data_directory =
    std::filesystem::absolute(settings.text("data.dir"), code)
      .lexically_normal()
      .string();
  const auto data = options.data_directory;
  auto made = std::filesystem::create_directories(data, code);
  if (code)
    return make_error(ec::io_failed, "cannot create " + options.data_directory
                                       + ": " + code.message());
  // One that was there may be shared on purpose; what is secret in it is not.
  if (made)
    std::filesystem::permissions(data, std::filesystem::perms::owner_all, code);
  store::lmdb_options store;
  store.map_initial = settings.size("store.map_initial");
  store.map_limit = settings.size("store.map_limit");
  auto engine = store::open_lmdb(data + "/store", store);
  if (!engine)
    return std::move(engine.error());
  options.engine = *engine;
  net::client_options client;
  client.proxy = settings.text("net.proxy");
  what->http = std::make_shared<net::client>(client);
  options.http = what->http;
  options.webhook_addresses =
    addresses_of(settings.text("costs.webhook_addresses"));
  auto numbers = std::make_shared<metrics>();
  auto traces =
    open_traces(settings, MACHINE_VERSION, what->http, numbers, what->log);
  if (!traces)
    return std::move(traces.error());
  what->spans = traces->exporter;
  options.traces = traces->to;
  auto vault = open_vault(settings, data, *engine);
  if (!vault)
    return std::move(vault.error());
  options.secrets = secrets_of_tenants(*vault, what->log);
  auto models = model_keeper::open(settings, what->http, what->log,
                                   secrets_of_machine(*vault, what->log));
  if (!models)
    return std::move(models.error());
  what->models = std::move(*models);
  options.models = what->models->source();
  auto roles = agents::built_in_roles();
  if (!roles)
    return std::move(roles.error());
  options.roles = std::move(*roles);
  options.sandbox.time = settings.time("sandbox.time_limit");
  options.sandbox.memory_bytes = settings.size("sandbox.memory_limit");
  options.sandbox.output_bytes = settings.size("sandbox.output_limit");
  options.sandbox.processes =
    static_cast<uint32_t>(settings.integer("sandbox.process_limit"));
  options.capacity =
    static_cast<size_t>(settings.integer("run.max_parallel_attempts"));
  options.snapshot_every =
    static_cast<uint64_t>(settings.integer("run.snapshot_every"));
  options.idle_timeout = settings.time("entity.idle_timeout");
  options.provider_idle = settings.time("models.idle_timeout");
  options.provider_total = settings.time("models.total_timeout");
  options.retention = {settings.limit("retention.archive_after"),
                       settings.limit("retention.erase_after"),
                       settings.time("retention.answers")};
  options.collect_every = settings.limit("retention.collect_every");
  options.blob_grace = settings.time("retention.blob_grace");
  options.keep_decisions = settings.limit("retention.decisions");
  options.max_decisions =
    static_cast<uint64_t>(settings.integer("retention.max_decisions"));
  options.on_failure = [log = what->log, notes = what->notes](auto& name,
                                                              auto& why) {
    notes->note(name, why);
    log.error("a part of the machine failed",
              {{"actor", name}, {"why", render(why)}});
  };
  options.on_collapse = [log = what->log, signal = what->signal](auto& why) {
    log.error("the machine gives up after too many failures",
              {{"why", render(why)}});
    signal->ask(make_error(
      ec::internal, "actors of the machine failed again and again; its "
                    "log says why, and a new start goes on where it was"));
  };
  what->context = std::make_shared<gateway::api_context>();
  auto& context = *what->context;
  what->machine = std::make_unique<node>(std::move(options));
  context.machine = what->machine.get();
  context.keys = std::make_shared<gateway::key_ring>(*engine);
  context.passwords = std::make_shared<gateway::password_desk>(context.keys);
  context.vault = *vault;
  // The keys of providers are among those of the machine's own tenant.
  context.secret_changed = [keeper = what->models.get()](auto& tenant) {
    if (tenant == local_tenant)
      keeper->read_again();
  };
  context.refused = [log = what->log](auto& why) {
    log.info("somebody was not let in", {{"why", why}});
  };
  context.outside =
    make_issuer_keys(settings, what->http, *what->machine, what->log);
  auto rules = rate_rules_of(settings);
  context.rates = std::make_shared<gateway::rate_gate>(rules);
  context.streams = std::make_shared<gateway::stream_counts>(rules);
  context.audit = std::make_shared<gateway::auditor>(
    gateway::audit_options{what->log, gateway::audit_options{}.sum_up_every});
  context.version = MACHINE_VERSION;
  context.repositories = repositories_of(settings);
  context.default_budget = settings.money("run.budget");
  context.workflows["feature"] = embedded_file("deploy/workflows/feature.yaml");
  context.config = settings.to_json();
  context.stop = [signal = what->signal] { signal->ask(); };
  auto server = server_options_of(settings, data);
  if (!server)
    return std::move(server.error());
  server->log = what->log;
  server->traces = traces->to;
  server->numbers = what->context->numbers = numbers;
  auto of_process = add_process_metrics(*server->numbers);
  if (!of_process)
    return std::move(of_process.error());
  what->of_process = std::move(*of_process);
  what->where.token = new_token();
  server->door = gateway::make_entrance(what->context, what->where.token);
  auto tls = server->tls;
  auto address = server->address;
  auto routes = gateway::make_routes(what->context);
  gateway::mcp::door_options mcp;
  mcp.what = gateway::mcp::make_offer(what->context);
  mcp.origins = server->origins;
  mcp.counted = [context = what->context](const gateway::http_request& asked,
                                          gateway::responder_ptr to) {
    return gateway::with_stream_limit(context, asked, std::move(to));
  };
  gateway::mcp::add_routes(routes, std::move(mcp));
  auto listening =
    gateway::server::listen(std::move(*server), std::move(routes));
  if (!listening)
    return std::move(listening.error());
  what->server = std::move(*listening);
  if (tls && settings.text("gateway.certificate").empty())
    what->where.certificate = tls->certificate;
  what->where.url = (tls ? "https://" : "http://") + host_of(address) + ":"
                  + std::to_string(what->server->port());
  if (auto err = context.machine->resume_all())
    return err;
  settle_vault(settings, **vault, *context.machine, what->log);
  // Whoever starts a machine for one command has its word, and no colleagues.
  if (whom == service::lasting) {
    if (auto err = what->notes->begin(*what->machine, MACHINE_VERSION))
      return err;
    auto first = make_first_key(*what->machine);
    if (!first)
      return std::move(first.error());
    what->first_key = std::move(*first);
  }
  *context.now = gateway::stage::serving;
  auto file = data + "/endpoint.json";
  if (auto err = write_endpoint(file, what->where, whom))
    return err;
  what->endpoint_file = file;
  what->log.info(
    "the machine serves",
    {{"url", what->where.url}, {"data", data}, {"version", MACHINE_VERSION}});
  return std::unique_ptr<running_machine>{new running_machine{std::move(what)}};
}

running_machine::running_machine(std::unique_ptr<impl> what)
    : impl_(std::move(what)) {}

running_machine::~running_machine() {
  impl_->log.info("the machine stops", {{"url", impl_->where.url}});
}

const endpoint& running_machine::where() const {
  return impl_->where;
}

std::optional<std::string> running_machine::take_first_key() {
  return std::exchange(impl_->first_key, std::nullopt);
}

caf::error running_machine::wait() {
  auto& signal = *impl_->signal;
  std::unique_lock lock{signal.mutex};
  signal.asked.wait(lock, [&] { return signal.stop; });
  return signal.why;
}

void running_machine::ask_to_stop() {
  impl_->signal->ask();
}

} // namespace machine::deploy
