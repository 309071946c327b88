#include "tests/actors/orchestrator/dispatch/dispatch_under_test.hpp"

using namespace machine;
using namespace machine::orchestrator;
using namespace std::chrono_literals;
using test::command_order;
using test::dispatch_under_test;

namespace {

/// A second pool, on a node of its own.
struct two_pools : dispatch_under_test {
  std::shared_ptr<workshop> theirs;
  workers_actor other;

  two_pools() {
    theirs = std::make_shared<workshop>(*tools);
    theirs->present = std::make_shared<census>();
    theirs->capacity = 1;
    boot();
    spawn_other();
  }

  ~two_pools() override {
    caf::anon_send_exit(other, caf::exit_reason::kill);
    other = nullptr;
    runs.forget();
    run();
    theirs->runs = nullptr;
  }

  void spawn_other() {
    other = system.spawn(workers, std::shared_ptr<const workshop>{theirs}, door,
                         pool_settings{"other", {"gpu"}});
    run();
  }

  void fail(workers_actor& pool) {
    self->send_exit(pool, caf::exit_reason::unhandled_exception);
    pool = nullptr;
    run();
  }

  static attempt_order gpu_order(const std::string& step, uint64_t token) {
    auto order = command_order(step, token);
    order.runs_on = {"gpu"};
    return order;
  }
};

} // namespace

TEST_CASE_METHOD(two_pools, "each pool performs what its labels allow") {
  start(gpu_order("a", 1));
  start(gpu_order("b", 2));
  for (auto step : {"c", "d", "e"})
    start(command_order(step, 3));
  auto begun = runs.all<intend_effect>();
  REQUIRE(begun.size() == 3);
  CHECK(begun[0].activation == "a");
  CHECK(begun[1].activation == "c");
  CHECK(begun[2].activation == "d");
  kill(0);
  run();
  begun = runs.all<intend_effect>();
  REQUIRE(begun.size() == 4);
  // It came before "e", which could go there, too.
  CHECK(begun[3].activation == "b");
}

TEST_CASE_METHOD(two_pools, "what a lost pool performed is lost, and begins "
                            "elsewhere") {
  start(gpu_order("a", 1));
  start(command_order("b", 2));
  fail(other);
  auto lost = runs.all<attempt_is_lost>();
  REQUIRE(lost.size() == 1);
  CHECK(lost[0] == attempt_is_lost{"a", 1});
  start(gpu_order("a", 3));
  CHECK(runs.all<intend_effect>().size() == 2);
  SECTION("when a pool with its labels comes") {
    spawn_other();
    auto begun = runs.all<intend_effect>();
    REQUIRE(begun.size() == 3);
    CHECK(begun[2].token == 3);
  }
  SECTION("when nothing of it lives where it was") {
    auto writing = census::enter(theirs->present, {id, "a"});
    spawn_other();
    CHECK(runs.all<intend_effect>().size() == 2);
    writing = nullptr;
    run();
    CHECK(runs.all<intend_effect>().size() == 3);
  }
  SECTION("or the run hears that nobody can") {
    advance(60s);
    auto told = runs.all<fail_attempt>();
    REQUIRE(told.size() == 1);
    CHECK(told[0].code == "unavailable");
    CHECK(told[0].message
          == "nobody can perform a: no worker has the label gpu; there are "
             "local (no labels); start one that has them, or change runs_on");
  }
}

TEST_CASE_METHOD(two_pools, "workers outlive the dispatch that began them") {
  start(gpu_order("a", 1));
  start(command_order("b", 2));
  caf::anon_send_exit(dispatch, caf::exit_reason::unhandled_exception);
  run();
  boot();
  // Only one of them is told, as on one node; the other asks.
  advance(500ms);
  probe("a", 1);
  probe("b", 2);
  CHECK(runs.all<attempt_is_lost>().empty());
  start(gpu_order("c", 3));
  CHECK(runs.all<intend_effect>().size() == 2);
  kill(0);
  run();
  CHECK(runs.all<fail_attempt>().size() == 1);
  CHECK(runs.all<intend_effect>().back().activation == "c");
}

TEST_CASE_METHOD(two_pools, "a pool takes no order that crossed its offer") {
  // Nobody has an offer of that round from it.
  auto order = command_order("a", 1);
  caf::anon_send(other, atom::start_v, id, order, uint64_t{0});
  run();
  CHECK(runs.asked.empty());
}
