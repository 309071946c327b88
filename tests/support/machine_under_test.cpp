#include "tests/support/machine_under_test.hpp"

#include "actors/models/scripted.hpp"
#include "actors/node/actors.hpp"
#include "actors/orchestrator/workflow/load.hpp"
#include "runtime/store/lmdb.hpp"
#include "runtime/wire/wire.hpp"

#include <caf/event_based_actor.hpp>

#include <catch2/catch.hpp>

#include <array>
#include <condition_variable>
#include <future>
#include <mutex>

namespace machine::test {

namespace {

store::stream_id stream(const std::string& id) {
  return {orchestrator::run::kind, local_tenant, id};
}

/// What *E* is as its log tells it.
template <class E>
typename E::state replayed(machine::node& from, const std::string& id) {
  auto loaded = entity::replay<E>(from.engine(), {local_tenant, id});
  if (!loaded)
    FAIL(render(loaded.error()));
  return std::move(loaded->state);
}

template <class E>
caf::error decide(machine::node& in, const entity::region_actor<E>& region,
                  const std::string& id, typename E::command what) {
  caf::scoped_actor self{in.actors().system};
  caf::error result;
  self
    ->request(region, std::chrono::seconds{30}, atom::command_v,
              entity::key{local_tenant, id}, std::move(what))
    .receive([](const entity::outcome<E>&) {},
             [&](caf::error& why) { result = std::move(why); });
  return result;
}

} // namespace

std::string shell(const std::string& command) {
  auto* pipe = ::popen((command + " 2>&1").c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::string result;
  std::array<char, 4096> buffer{};
  for (size_t n = 0; (n = ::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;)
    result.append(buffer.data(), n);
  ::pclose(pipe);
  return result;
}

machine_under_test::machine_under_test(std::string script, other_store other)
    : script_(std::move(script)), other_(std::move(other)) {
  auto made = shell("mkdir " + repository() + " && cd " + repository()
                    + " && git init -q -b main . && echo hello > greeting "
                      "&& git add . && git -c user.name=t -c user.email=t@t "
                      "commit -q -m first");
  REQUIRE(made.empty());
  boot();
}

machine_under_test::~machine_under_test() = default;

std::string machine_under_test::repository() const {
  return dir_ / "repo";
}

void machine_under_test::restart() {
  node_ = nullptr;
  boot();
  REQUIRE(!node_->resume_all());
}

std::string machine_under_test::start(std::string_view workflow,
                                      micro_usd budget, std::string project) {
  auto loaded = orchestrator::load_workflow(workflow, "w.yaml");
  if (!loaded)
    FAIL(render(loaded.error()));
  run_request what;
  what.title = "do it";
  what.workflow = std::move(*loaded);
  what.repository = repository();
  what.budget = budget;
  what.project = std::move(project);
  what.principal = "tester";
  return start(std::move(what));
}

std::string machine_under_test::fork(const std::string& origin, uint64_t seq) {
  auto first = std::get<orchestrator::run_created>(events(origin).front());
  run_request what;
  what.title = first.title;
  what.workflow = *wire::from_json<orchestrator::workflow>(first.workflow.text);
  what.repository = first.repository;
  what.budget = first.budget;
  what.project = first.project;
  what.principal = "tester";
  what.origin = orchestrator::run_origin{origin, seq, std::nullopt};
  return start(std::move(what));
}

std::string machine_under_test::start(run_request what) {
  std::promise<caf::expected<std::string>> started;
  node_->start_run(
    local_tenant, std::move(what),
    [&](caf::expected<std::string> id) { started.set_value(std::move(id)); });
  auto id = started.get_future().get();
  if (!id)
    FAIL(render(id.error()));
  return *id;
}

orchestrator::run_state machine_under_test::wait(
  const std::string& id,
  const std::function<bool(const orchestrator::run_state&)>& wanted) {
  struct signal {
    std::mutex mutex;
    std::condition_variable changed;
    uint64_t count = 0;
  };
  auto told = std::make_shared<signal>();
  auto tell = [told] {
    std::lock_guard guard{told->mutex};
    ++told->count;
    told->changed.notify_all();
  };
  auto& actors = node_->actors();
  auto follower =
    actors.system.spawn([tell](entity::follower_actor::pointer)
                          -> entity::follower_actor::behavior_type {
      return {
        [tell](atom::publish, const entity::published&) { tell(); },
        [tell](atom::live, const entity::live_piece&) { tell(); },
      };
    });
  caf::scoped_actor self{actors.system};
  self
    ->request(actors.feed, std::chrono::seconds{10}, atom::follow_v, stream(id),
              follower)
    .receive([](bool) {}, [](const caf::error& err) { FAIL(render(err)); });
  auto until = std::chrono::steady_clock::now() + std::chrono::seconds{60};
  uint64_t seen = 0;
  for (;;) {
    auto now = state(id);
    if (wanted(now)) {
      self->send_exit(follower, caf::exit_reason::user_shutdown);
      return now;
    }
    std::unique_lock lock{told->mutex};
    if (!told->changed.wait_until(lock, until,
                                  [&] { return told->count > seen; })) {
      lock.unlock();
      FAIL("the run did not come there:\n" + log(id));
    }
    seen = told->count;
  }
}

orchestrator::run_state
machine_under_test::wait_for_end(const std::string& id) {
  return wait(id, [](auto& now) { return now.books_closed; });
}

orchestrator::run_state machine_under_test::state(const std::string& id) {
  return replayed<orchestrator::run>(*node_, id);
}

tracker::project_state machine_under_test::project(const std::string& id) {
  return replayed<tracker::project>(*node_, id);
}

caf::error machine_under_test::tell(const std::string& run,
                                    orchestrator::run_command what) {
  return decide<orchestrator::run>(*node_, node_->actors().runs, run,
                                   std::move(what));
}

caf::error machine_under_test::tell(const std::string& project,
                                    tracker::project_command what) {
  return decide<tracker::project>(*node_, node_->actors().projects, project,
                                  std::move(what));
}

std::vector<orchestrator::run_event>
machine_under_test::events(const std::string& id) {
  auto stored = node_->engine().read(stream(id), 1, 100'000, 1u << 30);
  REQUIRE(stored);
  std::vector<orchestrator::run_event> result;
  for (auto& x : *stored) {
    REQUIRE(x.seq == result.size() + 1);
    auto event =
      wire::from_msgpack<entity::recorded<orchestrator::run_event>>(x.payload);
    REQUIRE(event);
    result.push_back(std::move(event->event));
  }
  return result;
}

std::string machine_under_test::log(const std::string& id) {
  std::string result;
  for (auto& x : events(id))
    result += wire::to_json(x).substr(0, 400) + "\n";
  return result;
}

std::string machine_under_test::git(const std::string& arguments) {
  return shell("git -C " + repository() + " " + arguments);
}

void machine_under_test::boot() {
  node_options options;
  options.data_directory = dir_ / "data";
  auto engine = store::open_lmdb(options.data_directory + "/store");
  if (!engine)
    FAIL(render(engine.error()));
  options.engine = other_ ? other_(*engine) : *engine;
  auto script = models::load_script(script_, "script.yaml");
  if (!script)
    FAIL(render(script.error()));
  models::model_stock stock;
  stock.providers["script"] = models::make_scripted("script", *script);
  auto catalogue = models::load_catalogue({}, R"(
[provider.script]
protocol = "scripted"
[model.demo]
provider = "script"
context = 200000
max_output = 16384
tools = true
structured_output = true
price = { input = "1", output = "2" }
)",
                                          "catalogue.toml");
  if (!catalogue)
    FAIL(render(catalogue.error()));
  stock.listed = std::move(*catalogue);
  options.models->put(std::move(stock));
  auto roles = agents::built_in_roles();
  if (!roles)
    FAIL(render(roles.error()));
  options.roles = std::move(*roles);
  node_ = std::make_unique<machine::node>(std::move(options));
}

} // namespace machine::test
