#include "tests/runtime/entity/hosted.hpp"

using namespace machine;
using namespace machine::test;
using namespace std::chrono_literals;

namespace {

/// An entity that is not loaded, with an alarm that has come meanwhile.
struct overdue : hosted {
  overdue() {
    REQUIRE(order(open_up{}));
    REQUIRE(order(set_alarm{now() + 1s}));
    stop();
    performed.clear();
    advance(2s);
  }

  /// Has it loaded, and woken if that can be.
  void wake() {
    activate();
    advance(1ms);
  }
};

} // namespace

TEST_CASE_METHOD(hosted, "after a failed append the entity goes on") {
  REQUIRE(order(add{1}));
  engine->fates = {{ec::storage_full}};
  CHECK(code(order(add{10})) == ec::storage_full);
  CHECK(state()->total == 1);
  CHECK(performed == std::vector<std::string>{"added 1"});
  REQUIRE(order(add{2}));
  CHECK(state()->total == 3);
  CHECK(replayed() == *state());
}

TEST_CASE_METHOD(hosted, "an append that failed though it is durable is done") {
  REQUIRE(order(add{1}));
  engine->fates = {{ec::io_failed, true}};
  auto asked = order(add{10});
  REQUIRE(asked);
  CHECK(asked->last_seq == 2);
  CHECK(performed == std::vector<std::string>{"added 1", "added 10"});
  REQUIRE(order(add{100}));
  CHECK(state()->total == 111);
  CHECK(log_size() == 3);
}

TEST_CASE_METHOD(hosted,
                 "what is durable is found although reading fails too") {
  REQUIRE(order(add{1}));
  engine->fates = {{ec::io_failed, true}};
  engine->unreadable = ec::io_failed;
  // Nobody knows for now, and the caller does not wait for it.
  CHECK(code(order(add{10})) == ec::io_failed);
  engine->unreadable = ec::none;
  CHECK(performed.size() == 1);
  advance(10s);
  CHECK(performed == std::vector<std::string>{"added 1", "added 10"});
  CHECK(state()->total == 11);
}

TEST_CASE_METHOD(overdue,
                 "what follows loading is done although the disk is full") {
  engine->always = ec::storage_full;
  start();
  wake();
  CHECK(performed == std::vector<std::string>{"outstanding"});
  advance(60s);
  engine->always = ec::none;
  CHECK(replayed().rang_times == 0);
  advance(10s);
  CHECK(replayed().rang_times == 1);
  // And not a second time.
  advance(600s);
  CHECK(replayed().rang_times == 1);
  CHECK(performed == std::vector<std::string>{"outstanding"});
}

TEST_CASE_METHOD(overdue, "what follows loading survives a read that fails") {
  engine->unreadable = ec::io_failed;
  start();
  activate();
  CHECK(code(state()) == ec::io_failed);
  advance(30s);
  engine->unreadable = ec::none;
  advance(10s);
  CHECK(performed == std::vector<std::string>{"outstanding"});
  advance(1ms);
  CHECK(replayed().rang_times == 1);
}

TEST_CASE_METHOD(overdue, "an entity waits for room in the pool") {
  start();
  pool->refuse_next = ec::overloaded;
  wake();
  CHECK(replayed().rang_times == 0);
  advance(1s);
  advance(1ms);
  CHECK(replayed().rang_times == 1);
}

TEST_CASE_METHOD(overdue, "trouble is not met with haste") {
  engine->always = ec::storage_full;
  start();
  auto before = engine->appends;
  wake();
  CHECK(engine->appends - before == 1);
  for (int i = 0; i < 10'000; ++i)
    advance(10ms);
  // 100 s: pauses of 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, and then of 5 s.
  auto tries = engine->appends - before;
  CHECK(tries >= 20);
  CHECK(tries <= 30);
}

TEST_CASE_METHOD(overdue, "callers need not wait for the end of a pause") {
  engine->always = ec::storage_full;
  start();
  wake();
  CHECK(code(order(add{1})) == ec::storage_full);
  engine->always = ec::none;
  CHECK(code(order(add{1})) == ec::none);
  CHECK(state()->total == 1);
}

TEST_CASE_METHOD(hosted, "an alarm that nobody answers is no hot loop") {
  counter::deaf = true;
  REQUIRE(order(set_alarm{now() + 1s}));
  counter::decisions = 0;
  for (int i = 0; i < 10'000; ++i)
    advance(10ms);
  CHECK(counter::decisions >= 20);
  CHECK(counter::decisions <= 30);
  counter::deaf = false;
  advance(5s);
  CHECK(state()->rang_times == 1);
}

TEST_CASE_METHOD(hosted, "an alarm that could not be written rings later") {
  REQUIRE(order(set_alarm{now() + 1s}));
  engine->always = ec::storage_full;
  advance(30s);
  CHECK(replayed().rang_times == 0);
  engine->always = ec::none;
  advance(10s);
  CHECK(replayed().rang_times == 1);
}

TEST_CASE_METHOD(hosted,
                 "a fenced entity ends, and its shard is claimed anew") {
  REQUIRE(order(add{1}));
  CHECK(engine->claims == 1);
  // Somebody else took the shard, and goes away again.
  auto& lease = engine->leases.begin()->second;
  lease.epoch += 5;
  lease.owner = "other";
  CHECK(code(order(add{2})) == ec::unavailable);
  // Nothing of it is left to be done here.
  auto loads = engine->loads;
  advance(60s);
  CHECK(engine->loads == loads);
  CHECK(code(order(add{2})) == ec::conflict);
  lease.owner.clear();
  CHECK(code(order(add{2})) == ec::none);
  CHECK(state()->total == 3);
}

TEST_CASE_METHOD(hosted, "after a conflict the entity is loaded anew") {
  REQUIRE(order(open_up{}));
  engine->logs[stream()].push_back(
    {2,
     {},
     wire::to_msgpack(entity::recorded<counter_event>{now(), added{7}})});
  // It is no fault of the command: whoever gave it gives it again.
  CHECK(code(order(add{1})) == ec::unavailable);
  CHECK(state()->total == 7);
  CHECK(performed == std::vector<std::string>{"outstanding"});
  REQUIRE(order(add{1}));
  CHECK(state()->total == 8);
}

TEST_CASE_METHOD(hosted, "a log that does not read is said to be corrupt") {
  REQUIRE(order(add{1}));
  stop();
  engine->logs[stream()][0].payload = {0xc1};
  start();
  auto there = state();
  REQUIRE(code(there) == ec::corrupt);
  CHECK(message_of(there.error()).find("counter/t/c event 1")
        != std::string::npos);
  // Nobody tries again unless asked to.
  auto loads = engine->loads;
  advance(600s);
  CHECK(engine->loads == loads);
  CHECK(failures == std::vector<ec>{ec::corrupt});
  CHECK(code(state()) == ec::corrupt);
}

TEST_CASE_METHOD(hosted,
                 "an event that a core cannot apply is no end of the process") {
  REQUIRE(order(add{1}));
  stop();
  engine->logs[stream()].push_back(
    {2,
     {},
     wire::to_msgpack(entity::recorded<counter_event>{now(), poisoned{}})});
  start();
  CHECK(code(state()) == ec::internal);
}
