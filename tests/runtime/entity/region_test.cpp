#include "tests/runtime/entity/hosted.hpp"

using namespace machine;
using namespace machine::test;
using namespace std::chrono_literals;

TEST_CASE_METHOD(hosted, "an idle entity is forgotten, and comes again") {
  REQUIRE(order(add{1}));
  auto loads = engine->loads;
  advance(59s);
  REQUIRE(state());
  // The idle time begins anew with each use.
  advance(59s);
  REQUIRE(state());
  CHECK(engine->loads == loads);
  advance(61s);
  CHECK(state()->total == 1);
  CHECK(engine->loads > loads);
}

TEST_CASE_METHOD(hosted, "timers do not pile up") {
  for (int i = 0; i < 1'000; ++i) {
    REQUIRE(order(add{1}));
    advance(1ms);
  }
  CHECK(scheduler.trigger_timeouts() <= 3);
  run();
}

TEST_CASE_METHOD(hosted, "an entity with something to wait for stays") {
  REQUIRE(order(set_alarm{now() + 600s}));
  auto loads = engine->loads;
  advance(599s);
  CHECK(replayed().rang_times == 0);
  advance(1s);
  CHECK(replayed().rang_times == 1);
  CHECK(state()->rang_times == 1);
  CHECK(engine->loads >= loads);
}

TEST_CASE_METHOD(hosted, "an alarm that comes to be earlier rings earlier") {
  REQUIRE(order(set_alarm{now() + 600s}));
  REQUIRE(order(set_alarm{now() + 5s}));
  advance(5s);
  CHECK(replayed().rang_times == 1);
}

TEST_CASE_METHOD(hosted,
                 "what comes while an entity leaves is for the next one") {
  REQUIRE(order(add{1}));
  // The region hears that it is idle, and then of a command.
  scheduler.advance_time(61s);
  auto loads = engine->loads;
  std::vector<answer> asked;
  for (int step = 0; step < 50; ++step) {
    asked.push_back(tell(add{1}));
    scheduler.try_run_once();
  }
  run();
  for (auto& x : asked)
    CHECK(code(x) == ec::none);
  CHECK(state()->total == 51);
  CHECK(engine->loads >= loads);
}

TEST_CASE_METHOD(hosted,
                 "an entity that got work while it was to leave stays") {
  REQUIRE(order(add{1}));
  auto loads = engine->loads;
  engine->hold = true;
  auto asked = tell(add{1});
  run();
  // Said of it, wrongly.
  caf::anon_send(region, atom::idle_v, id);
  auto held_back = tell(add{1});
  run();
  CHECK(code(held_back) == ec::timeout);
  engine->hold = false;
  engine->release();
  run();
  CHECK(code(asked) == ec::none);
  CHECK(code(held_back) == ec::none);
  CHECK(state()->total == 3);
  CHECK(engine->loads == loads);
}

TEST_CASE_METHOD(hosted, "who waits for an entity that dies gets an error") {
  REQUIRE(order(add{1}));
  engine->hold = true;
  auto committing = tell(add{1});
  run();
  auto waiting = tell(add{1});
  auto reader = begin<counter_state>(region, atom::inspect_v, id);
  run();
  SECTION("with its region") {
    caf::anon_send_exit(region, caf::exit_reason::kill);
    run();
    CHECK(code(committing) == ec::unavailable);
    CHECK(code(waiting) == ec::unavailable);
    CHECK(code(reader) == ec::unavailable);
  }
  SECTION("by a defect") {
    auto poisonous = tell(poison{});
    auto behind = tell(add{1});
    run();
    engine->hold = false;
    engine->release();
    run();
    CHECK(code(committing) == ec::none);
    CHECK(code(waiting) == ec::unavailable);
    CHECK(code(poisonous) == ec::unavailable);
    CHECK(code(behind) == ec::unavailable);
    // It was answered by the commit before.
    CHECK(code(reader) != ec::timeout);
    CHECK(state()->total == 2);
  }
}

TEST_CASE_METHOD(hosted, "an entity that failed is loaded again unasked") {
  REQUIRE(order(open_up{}));
  REQUIRE(order(set_alarm{now() + 5s}));
  CHECK(code(order(poison{})) == ec::unavailable);
  CHECK(performed == std::vector<std::string>{"outstanding"});
  advance(5s);
  CHECK(replayed().rang_times == 1);
}

TEST_CASE_METHOD(hosted, "effects of an entity that failed are not lost") {
  REQUIRE(order(open_up{}));
  failing_effects = 1;
  // It is durable, and its caller knows.
  CHECK(code(order(add{1})) == ec::none);
  CHECK(performed == std::vector<std::string>{"outstanding"});
  CHECK(state()->total == 1);
}

TEST_CASE_METHOD(hosted,
                 "who is loaded knows what is being appended for the dead") {
  REQUIRE(order(open_up{}));
  performed.clear();
  engine->hold = true;
  tell(add{10});
  run();
  REQUIRE(engine->held() == 1);
  SECTION("of a defect of the entity") {
    on_clock = [] { throw std::runtime_error{"the clock fails"}; };
    tell(add{1});
  }
  SECTION("of the end of its region") {
    caf::anon_send_exit(region, caf::exit_reason::kill);
    region = nullptr;
    start();
    activate();
  }
  run();
  engine->hold = false;
  engine->release();
  CHECK(performed == std::vector<std::string>{"outstanding"});
  CHECK(engine->renewals == 1);
  CHECK(state()->total == 10);
}

TEST_CASE_METHOD(hosted, "an entity appends nothing after its region's end") {
  REQUIRE(order(open_up{}));
  // While it decides.
  on_clock = [this] {
    on_clock = [this] {
      caf::anon_send_exit(region, caf::exit_reason::kill);
      region = nullptr;
      start();
      activate();
    };
    uses.now();
  };
  auto asked = tell(add{10});
  run();
  CHECK(code(asked) == ec::unavailable);
  CHECK(log_size() == 1);
  REQUIRE(order(add{1}));
  CHECK(state()->total == 1);
  CHECK(replayed() == *state());
}

TEST_CASE_METHOD(hosted, "an entity that fails too often waits for a caller") {
  REQUIRE(order(open_up{}));
  performed.clear();
  // Each load ends in the effect that fails.
  failing_effects = 1'000;
  restart();
  engine->loads = 0;
  activate();
  CHECK(engine->loads == uses.restarts.max_restarts + 1);
  CHECK(failures.size() == engine->loads);
  advance(600s);
  CHECK(engine->loads == uses.restarts.max_restarts + 1);
  failing_effects = 0;
  CHECK(state()->open);
  CHECK(performed.front() == "outstanding");
}

TEST_CASE_METHOD(hosted, "failures that are far apart do not add up") {
  REQUIRE(order(open_up{}));
  for (uint64_t i = 1; i <= 20; ++i) {
    CHECK(code(order(poison{})) == ec::unavailable);
    CHECK(performed.size() == i);
    advance(30s);
  }
}

TEST_CASE_METHOD(hosted, "what is outstanding is asked for again") {
  REQUIRE(order(open_up{}));
  entity::key closed{"t", "closed"};
  REQUIRE(ask<entity::outcome<counter>>(region, atom::command_v, closed,
                                        counter_command{add{1}}));
  performed.clear();
  caf::anon_send(region, atom::repeat_v);
  run();
  CHECK(performed == std::vector<std::string>{"outstanding"});
  CHECK(log_size() == 1);
  SECTION("after the commit that is under way") {
    performed.clear();
    engine->hold = true;
    tell(add{1});
    run();
    caf::anon_send(region, atom::repeat_v);
    run();
    CHECK(performed.empty());
    engine->hold = false;
    engine->release();
    run();
    CHECK(performed == std::vector<std::string>{"added 1", "outstanding"});
  }
}

TEST_CASE_METHOD(hosted, "entities of one kind do not see each other") {
  entity::key other{"t", "other"};
  entity::key foreign{"u", "c"};
  REQUIRE(order(add{1}));
  for (auto& x : {other, foreign})
    CHECK(code(ask<counter_state>(region, atom::inspect_v, x))
          == ec::not_found);
}
