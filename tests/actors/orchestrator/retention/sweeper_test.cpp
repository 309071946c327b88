#include "actors/orchestrator/retention/sweeper.hpp"

#include "actors/orchestrator/retention/erase.hpp"
#include "actors/orchestrator/run/summary.hpp"
#include "runtime/store/lmdb.hpp"
#include "runtime/wire/wire.hpp"
#include "tests/actors/orchestrator/dispatch/fake_region.hpp"
#include "tests/actors/orchestrator/run/run_under_test.hpp"
#include "tests/support/deterministic.hpp"
#include "tests/support/directory.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <future>

using namespace machine;
using namespace machine::orchestrator;
using namespace std::chrono_literals;

namespace {

/// Runs jobs here and now.
struct prompt_pool : blocking_pool {
  prompt_pool() : blocking_pool(1) {}

  ec refuse = ec::none;

  caf::error post(std::function<void()> job) override {
    if (refuse != ec::none)
      return make_error(refuse, "on purpose");
    job();
    return caf::none;
  }
};

/// A sweeper on a real store, whose runs only stand in it.
struct sweeping : test::deterministic {
  test::temporary_directory dir;
  std::shared_ptr<store::engine> engine = open();
  std::shared_ptr<prompt_pool> pool = std::make_shared<prompt_pool>();
  test::fake_region<orchestrator::run> runs;
  entity::region_actor<orchestrator::run> region = runs.spawn(system);
  test::fake_region<requests::kept_answer> answers;
  entity::region_actor<requests::kept_answer> answering = answers.spawn(system);
  sweeper_settings settings{{}, std::nullopt, duration{0}};
  sweeper_actor sweeper;
  std::vector<ec> troubles;
  /// From the store's clock to the sweeper's.
  std::chrono::hours later{0};

  ~sweeping() override {
    if (sweeper)
      caf::anon_send_exit(sweeper, caf::exit_reason::kill);
    caf::anon_send_exit(region, caf::exit_reason::kill);
    caf::anon_send_exit(answering, caf::exit_reason::kill);
    sweeper = nullptr;
    region = nullptr;
    answering = nullptr;
    runs.forget();
    answers.forget();
    run();
  }

  std::shared_ptr<store::engine> open() {
    auto result = store::open_lmdb(dir.path());
    if (!result)
      FAIL(render(result.error()));
    return *result;
  }

  void start() {
    sweeper_services uses;
    uses.runs = region;
    uses.answers = answering;
    uses.engine = engine;
    uses.pool = pool;
    uses.tenants = [] { return std::vector<std::string>{"other", "t"}; };
    uses.now = [this] {
      return std::chrono::time_point_cast<timestamp::duration>(
               std::chrono::system_clock::now())
           + later;
    };
    uses.trouble = [this](const caf::error& why) {
      troubles.push_back(code_of(why));
    };
    sweeper = system.spawn(orchestrator::sweeper, uses, settings);
    run();
  }

  void append(store::batch what) {
    std::promise<caf::expected<void>> outcome;
    engine->append(std::move(what),
                   [&](caf::expected<void> x) { outcome.set_value(x); });
    REQUIRE(outcome.get_future().get());
  }

  /// A run with this value of `open`, which ended when it began.
  void put(const std::string& id, const std::string& open) {
    run_summary body;
    body.id = id;
    body.ended_at = std::chrono::time_point_cast<timestamp::duration>(
      std::chrono::system_clock::now());
    store::batch what;
    what.streams.push_back({{"run", "t", id}, 0, {to_bytes("x")}, {}, {}});
    what.streams[0].summary =
      store::summary_row{{{"open", open}}, wire::to_msgpack(body)};
    append(std::move(what));
  }

  void put_answer(const std::string& tenant, const std::string& id) {
    store::stream_id stream{requests::kept_answer::kind, tenant, id};
    store::batch what;
    what.streams.push_back({stream, 0, {to_bytes("x")}, {}, {}});
    what.streams[0].summary = store::summary_row{};
    append(std::move(what));
  }

  std::vector<std::string> archived() const {
    std::vector<std::string> result;
    for (auto& x : runs.whom)
      result.push_back(x.id);
    return result;
  }
};

using ids = std::vector<std::string>;

/// A real run that has ended, in the store.
struct ended : sweeping {
  test::run_under_test it{"{name: w, steps: [{id: a, command: a}]}"};
  entity::key id{"t", "r-1"};

  void end() {
    REQUIRE(!it.finish("a"));
    REQUIRE(!it.give(books_are_closed{}));
  }

  void store() {
    store::batch what;
    what.streams.push_back({{"run", "t", "r-1"}, 0, {}, {}, {}});
    auto& part = what.streams[0];
    for (auto& [at, event] : it.log)
      part.events.push_back(
        wire::to_msgpack(entity::recorded<run_event>{at, event}));
    part.summary = orchestrator::run::summarise(it.state, id);
    append(std::move(what));
  }
};

} // namespace

TEST_CASE_METHOD(sweeping, "a sweep asks each run whose time has come") {
  put("a", "false");
  put("b", "true");
  put("c", "archived");
  put("d", "false");
  settings.rules.archive_after = 24h;
  start();
  advance(1min);
  CHECK(archived().empty());
  later = 23h;
  advance(1h);
  CHECK(archived().empty());
  later = 25h;
  advance(1h);
  CHECK(archived() == ids{"a", "d"});
  CHECK(runs.all<archive_run>().size() == 2);
  CHECK(runs.erased.empty());
  CHECK(troubles.empty());
}

TEST_CASE_METHOD(sweeping, "a sweep goes through any number of runs, one at a "
                           "time") {
  ids all;
  for (int i = 0; i < 250; ++i) {
    all.push_back("r-" + std::to_string(1'000 + i));
    put(all.back(), "false");
  }
  settings.rules.archive_after = 1ms;
  later = 1h;
  runs.hold = [](auto&) { return true; };
  start();
  advance(1s);
  CHECK(archived().size() == 1);
  runs.hold = nullptr;
  runs.answer(0);
  run();
  CHECK(archived() == all);
}

TEST_CASE_METHOD(sweeping, "a run that refuses holds up no other") {
  put("a", "false");
  put("b", "false");
  settings.rules.archive_after = 1ms;
  later = 1h;
  auto code = GENERATE(ec::conflict, ec::io_failed);
  runs.refuse = [=](auto&) { return make_error(code, "so it is"); };
  start();
  advance(1s);
  CHECK(archived() == ids{"a", "b"});
  // What will be so for a while is no trouble.
  CHECK(troubles.size() == (code == ec::conflict ? 0 : 2));
  advance(1s);
  CHECK(archived() == ids{"a", "b", "a", "b"});
}

TEST_CASE_METHOD(ended, "an archived run is erased when its time has come") {
  end();
  REQUIRE(!it.give(archive_run{"ann"}));
  store();
  settings.rules = {duration{1}, 24h};
  later = 23h;
  start();
  advance(1s);
  CHECK(runs.erased.empty());
  later = 25h;
  advance(1s);
  CHECK(runs.erased == std::vector<entity::key>{id});
  CHECK(archived().empty());
}

TEST_CASE_METHOD(ended, "no run is erased where that is never to be") {
  end();
  REQUIRE(!it.give(archive_run{"ann"}));
  store();
  settings.rules = {duration{1}, {}};
  later = 24h;
  start();
  advance(1h);
  CHECK(runs.erased.empty());
}

TEST_CASE_METHOD(ended, "a run is not erased before it is over") {
  store();
  CHECK(code_of(prepare_to_erase(*engine, id)) == ec::conflict);
  CHECK(code_of(prepare_to_erase(*engine, {"t", "nobody"})) == ec::not_found);
}

TEST_CASE_METHOD(ended, "a run is not erased while another reads its history") {
  end();
  store();
  store::batch fork;
  fork.streams.push_back({{"run", "t", "r-2"}, 0, {to_bytes("x")}, {}, {}});
  fork.streams[0].summary = store::summary_row{{{"copies", "r-1"}}, {}};
  append(fork);
  auto refused = prepare_to_erase(*engine, id);
  CHECK(code_of(refused) == ec::conflict);
  CHECK(message_of(refused).find("while run r-2 reads") != std::string::npos);
  fork.streams[0].expected_seq = 1;
  fork.streams[0].summary = store::summary_row{};
  append(fork);
  CHECK(!prepare_to_erase(*engine, id));
}

TEST_CASE_METHOD(ended, "with a run goes the worktree that it has left, and no "
                        "other") {
  end();
  auto shared = GENERATE(true, false);
  it.log.front().second = [&] {
    auto created = std::get<run_created>(it.log.front().second);
    created.repository = dir / "no repository";
    if (shared)
      created.workspace = shared_workspace{dir / "left", "b", "c"};
    return created;
  }();
  it.log.insert(it.log.begin() + 2,
                {it.now, workspace_opened{dir / "left", "b", "c"}});
  store();
  std::filesystem::create_directories(dir / "left/deep");
  CHECK(!prepare_to_erase(*engine, id));
  CHECK(std::filesystem::exists(dir / "left") == shared);
  CHECK(!prepare_to_erase(*engine, id));
}

TEST_CASE_METHOD(sweeping, "what nobody refers to is collected as often as "
                           "asked") {
  auto hash = engine->put_blob(as_bytes("nobody's"));
  REQUIRE(hash);
  settings.collect_every = 2h;
  start();
  auto is_there = [&] { return static_cast<bool>(engine->get_blob(*hash)); };
  auto commits = [&] { return engine->stats()->commits; };
  auto before = commits();
  advance(1min);
  advance(30min);
  CHECK(commits() == before);
  later = 1h;
  advance(30min);
  CHECK(commits() > before);
  CHECK(is_there());
  advance(30min);
  CHECK(is_there());
  later = 3h;
  advance(30min);
  CHECK(!is_there());
}

TEST_CASE_METHOD(sweeping, "a sweep that fails is made again") {
  put("a", "false");
  settings.rules.archive_after = 1ms;
  later = 1h;
  pool->refuse = ec::overloaded;
  start();
  advance(1s);
  CHECK(archived().empty());
  CHECK(troubles == std::vector<ec>{ec::overloaded});
  pool->refuse = ec::none;
  advance(1s);
  CHECK(archived() == ids{"a"});
}

TEST_CASE_METHOD(sweeping, "kept answers of all tenants are erased when their "
                           "time has come, also where no run ever is") {
  put("a", "false");
  put_answer("t", "one");
  put_answer("other", "two");
  put_answer("t", "three");
  start();
  later = 23h;
  advance(1h);
  CHECK(answers.erased.empty());
  later = 25h;
  advance(1h);
  CHECK(answers.erased
        == std::vector<entity::key>{
          {"other", "two"}, {"t", "one"}, {"t", "three"}});
  CHECK(archived().empty());
  CHECK(runs.erased.empty());
  CHECK(troubles.empty());
}
