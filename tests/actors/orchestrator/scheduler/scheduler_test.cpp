#include "actors/orchestrator/scheduler/scheduler.hpp"

#include "runtime/entity/feed.hpp"
#include "runtime/entity/region.hpp"
#include "tests/actors/orchestrator/dispatch/fake_region.hpp"
#include "tests/actors/orchestrator/scheduler/schedule_under_test.hpp"
#include "tests/runtime/entity/manual_pool.hpp"
#include "tests/runtime/entity/memory_engine.hpp"
#include "tests/support/deterministic.hpp"

#include <caf/send.hpp>

using namespace machine;
using namespace machine::test;

namespace {

/// Schedules on a store in memory, in virtual time, and runs that only take
/// note.
struct scheduler_under_test : deterministic {
  std::shared_ptr<memory_engine> engine = std::make_shared<memory_engine>();
  std::shared_ptr<manual_pool> pool = std::make_shared<manual_pool>();
  fake_region<orchestrator::run> runs;
  entity::region_actor<orchestrator::run> run_region = runs.spawn(system);
  entity::services<run_schedule> uses;
  entity::region_actor<run_schedule> schedules;
  scheduler_actor scheduler;
  entity::key id{"t", "p.nightly"};
  /// What virtual time is added to.
  timestamp begin = instant("2027-01-01T00:00:30Z");
  /// Word that is on its way to the scheduler gets lost.
  bool deaf = false;

  scheduler_under_test() {
    uses.engine = engine;
    uses.pool = pool;
    uses.shards =
      std::make_shared<entity::shard_table>(engine, "me", duration{86'400'000});
    uses.feed = system.spawn(entity::feed);
    uses.now = [this] { return begin + now().time_since_epoch(); };
    uses.random = [] { return uint64_t{4}; };
    uses.perform = [this](const entity::key& whose, const auto& what) {
      if (!deaf)
        std::visit(
          [&](auto& x) {
            caf::anon_send(scheduler, atom::command_v, whose, x);
          },
          what);
    };
    start();
  }

  ~scheduler_under_test() override {
    stop();
    caf::anon_send_exit(run_region, caf::exit_reason::kill);
    run_region = nullptr;
    runs.forget();
    caf::anon_send_exit(uses.feed, caf::exit_reason::kill);
    uses.feed = nullptr;
    run();
  }

  void start() {
    schedules = system.spawn(entity::region<run_schedule>, uses);
    scheduler = system.spawn(orchestrator::scheduler, run_region, schedules);
    caf::anon_send(schedules, atom::activate_v, id);
    run();
  }

  /// As if the process died, but for the store.
  void stop() {
    caf::anon_send_exit(schedules, caf::exit_reason::kill);
    caf::anon_send_exit(scheduler, caf::exit_reason::kill);
    schedules = nullptr;
    scheduler = nullptr;
    run();
  }

  void run() override {
    do
      deterministic::run();
    while (pool->run_one());
  }

  /// Lets time pass, alarm by alarm.
  void pass(std::chrono::minutes time) {
    for (auto left = 2 * time.count(); left > 0; --left)
      advance(30s);
  }

  void order(schedule_command what) {
    auto done = ask<entity::outcome<run_schedule>>(schedules, atom::command_v,
                                                   id, std::move(what));
    INFO((done ? "" : render(done.error())));
    REQUIRE(done);
  }

  void make(const std::string& cron, overlap_policy overlap) {
    schedule_under_test like{cron, overlap};
    order(create_schedule{"p", "nightly", like.spec, like.what});
  }

  run_schedule_state state() {
    auto now = ask<run_schedule_state>(schedules, atom::inspect_v, id);
    REQUIRE(now);
    return *now;
  }

  /// A run says that it has ended.
  void end(const std::string& name) {
    caf::anon_send(scheduler, atom::command_v, entity::key{"t", name},
                   tell_schedule{id.id, run_result::done, ""});
    run();
  }
};

} // namespace

TEST_CASE_METHOD(scheduler_under_test, "a schedule wakes at its times and "
                                       "begins runs") {
  make("*/10 * * * *", overlap_policy::allow);
  pass(31min);
  CHECK(runs.all<create_run>().size() == 3);
  CHECK(state().running.size() == 3);
  CHECK(runs.all<create_run>()[0].what.schedule == "p.nightly");
}

TEST_CASE_METHOD(scheduler_under_test, "a run whose begin got lost with the "
                                       "process is begun by the next") {
  make("*/10 * * * *", overlap_policy::skip);
  deaf = true;
  pass(10min);
  CHECK(runs.all<create_run>().empty());
  auto first = state().running.begin()->first;
  stop();
  deaf = false;
  start();
  REQUIRE(runs.all<create_run>().size() == 1);
  CHECK(state().running.begin()->first == first);
  // Whoever is loaded once more asks for the same run again.
  stop();
  start();
  CHECK(state().running.size() == 1);
  CHECK(state().last_number == 1);
}

TEST_CASE_METHOD(scheduler_under_test, "what was missed while the process was "
                                       "down is decided when it is up") {
  make("*/10 * * * *", overlap_policy::allow);
  stop();
  begin += 2h;
  start();
  pass(1min);
  CHECK(state().running.size() == 10);
  CHECK(runs.all<create_run>().size() == 10);
  CHECK(state().skipped_count == 2);
}

TEST_CASE_METHOD(scheduler_under_test, "a run that has ended tells its "
                                       "schedule, and hears that it knows") {
  make("*/10 * * * *", overlap_policy::queue_one);
  pass(21min);
  REQUIRE(state().running.size() == 1);
  CHECK(state().waiting);
  auto first = state().running.begin()->first;
  end(first);
  CHECK(runs.all<schedule_is_told>().size() == 1);
  REQUIRE(state().running.size() == 1);
  CHECK(state().running.begin()->first != first);
  CHECK(runs.all<create_run>().size() == 2);
  end(first);
  CHECK(runs.all<schedule_is_told>().size() == 2);
  CHECK(state().running.size() == 1);
}

TEST_CASE_METHOD(scheduler_under_test, "the run before is asked to end") {
  make("*/10 * * * *", overlap_policy::cancel_previous);
  pass(21min);
  auto asked = runs.all<cancel_run>();
  REQUIRE(asked.size() == 1);
  CHECK(asked[0].by == "p.nightly");
  CHECK(asked[0].reason == "the next firing of schedule nightly is due");
  end(state().running.begin()->first);
  CHECK(runs.all<create_run>().size() == 2);
}

TEST_CASE_METHOD(scheduler_under_test, "a run that cannot begin has failed") {
  runs.refuse = [](const run_command& x) {
    return std::holds_alternative<create_run>(x)
           ? make_error(ec::limit_exceeded, "it is too large")
           : caf::error{};
  };
  make("*/10 * * * *", overlap_policy::skip);
  pass(11min);
  auto now = state();
  CHECK(now.running.empty());
  REQUIRE(now.ended.size() == 1);
  CHECK(now.ended[0].result == run_result::failed);
  CHECK(now.ended[0].message == "it could not begin: it is too large");
}

TEST_CASE_METHOD(scheduler_under_test, "a run that there is already is not "
                                       "begun again") {
  runs.refuse = [](const run_command& x) {
    return std::holds_alternative<create_run>(x)
           ? make_error(ec::conflict, "it exists")
           : caf::error{};
  };
  make("*/10 * * * *", overlap_policy::skip);
  pass(11min);
  CHECK(state().running.size() == 1);
  CHECK(state().ended.empty());
}
