#include "tests/runtime/entity/hosted.hpp"

using namespace machine;
using namespace machine::test;
using namespace std::chrono_literals;

namespace {

/// Decisions that take long wait until the test has them made.
struct thinking : hosted {
  std::deque<std::function<void()>> thoughts;
  bool no_room = false;

  thinking() {
    uses.think = [this](const entity::key&, std::function<void()> job) {
      if (no_room)
        return make_error(ec::overloaded, "on purpose");
      thoughts.push_back(std::move(job));
      return caf::error{};
    };
    restart();
    engine->loads = 0;
  }

  ~thinking() override {
    thoughts.clear();
    counter::slow = false;
  }

  void think() {
    REQUIRE(!thoughts.empty());
    auto next = std::move(thoughts.front());
    thoughts.pop_front();
    next();
    next = nullptr;
    run();
  }

  /// What becomes of *what*, which is thought of once.
  ec think_of(counter_command what) {
    auto asked = tell(std::move(what));
    run();
    think();
    return code(asked);
  }

  answer tell_other(counter_command what) {
    return begin<entity::outcome<counter>>(
      region, atom::command_v, entity::key{"t", "other"}, std::move(what));
  }
};

} // namespace

TEST_CASE_METHOD(thinking, "what takes long is decided elsewhere") {
  auto slow = tell(ponder{5});
  auto other = tell_other(add{1});
  run();
  CHECK(code(slow) == ec::timeout);
  CHECK(log_size() == 0);
  CHECK(code(other) == ec::none);
  REQUIRE(thoughts.size() == 1);
  think();
  REQUIRE(code(slow) == ec::none);
  CHECK((*slow)->value().events
        == std::vector<counter_event>{added{1}, added{5}});
  CHECK((*slow)->value().last_seq == 2);
  CHECK(performed == std::vector<std::string>{"added 1", "added 1", "added 5"});
  CHECK(state()->total == 6);
  CHECK(replayed() == *state());
}

TEST_CASE_METHOD(thinking, "an entity is begun with in vain once, or never") {
  SECTION("where nobody knows it beforehand") {
    tell(ponder{5});
    run();
    CHECK(engine->loads == 2);
    think();
    CHECK(engine->loads == 2);
    auto before = counter::decisions;
    tell(ponder{7});
    run();
    CHECK(counter::decisions == before);
    think();
    CHECK(engine->loads == 2);
    CHECK(state()->total == 14);
  }
  SECTION("where it is known") {
    counter::slow = true;
    auto asked = tell(add{5});
    run();
    CHECK(code(asked) == ec::timeout);
    think();
    CHECK(code(asked) == ec::none);
    CHECK(engine->loads == 1);
  }
}

TEST_CASE_METHOD(thinking, "what comes meanwhile waits, and keeps its order") {
  counter::slow = true;
  auto first = tell(add{1});
  run();
  auto second = tell(note{"second"});
  auto refused = tell(refuse{});
  auto stale = begin<entity::outcome<counter>>(
    region, atom::command_v, id, counter_command{add{100}}, uint64_t{1});
  auto third = tell(add{3});
  auto reader = begin<counter_state>(region, atom::inspect_v, id);
  advance(10s);
  CHECK(code(first) == ec::timeout);
  CHECK(code(reader) == ec::timeout);
  REQUIRE(thoughts.size() == 1);
  think();
  CHECK(code(first) == ec::none);
  CHECK(code(second) == ec::timeout);
  REQUIRE(thoughts.size() == 1);
  think();
  CHECK((*second)->value().last_seq == 3);
  CHECK(code(refused) == ec::denied);
  CHECK(code(stale) == ec::changed);
  CHECK((*third)->value().last_seq == 4);
  REQUIRE(code(reader) == ec::none);
  CHECK((*reader)->value().total == 1);
  CHECK(engine->appends == 2);
}

TEST_CASE_METHOD(thinking, "where nobody can think, it is tried again") {
  counter::slow = true;
  no_room = true;
  auto asked = tell(add{1});
  auto next = tell(add{2});
  run();
  CHECK(thoughts.empty());
  no_room = false;
  advance(1s);
  think();
  CHECK((*asked)->value().last_seq == 1);
  CHECK((*next)->value().last_seq == 2);
}

TEST_CASE_METHOD(thinking, "what the dead have thought counts for nothing") {
  counter::slow = true;
  auto asked = tell(add{1});
  run();
  REQUIRE(thoughts.size() == 1);
  auto before = counter::decisions;
  restart();
  CHECK(code(asked) == ec::unavailable);
  think();
  CHECK(counter::decisions == before);
  CHECK(log_size() == 0);
  CHECK(think_of(add{2}) == ec::none);
  CHECK(replayed().total == 2);
}

TEST_CASE_METHOD(thinking, "a defect met while thinking is one of the entity") {
  counter::slow = true;
  auto asked = tell(add{1});
  auto beside = tell(add{2});
  run();
  on_clock = [] { throw std::runtime_error{"the clock fails"}; };
  think();
  CHECK(code(asked) == ec::unavailable);
  CHECK(code(beside) == ec::unavailable);
  REQUIRE(failures.size() == 1);
  CHECK(think_of(add{4}) == ec::none);
  CHECK(replayed().total == 4);
}

TEST_CASE_METHOD(thinking, "a state that was spoilt while thinking is read") {
  counter::slow = true;
  auto good = tell(add{1});
  auto bad = tell(spoil{});
  run();
  // Both together, and then each for itself.
  for (int i = 0; i < 3; ++i)
    think();
  CHECK(code(good) == ec::none);
  CHECK(code(bad) == ec::internal);
  CHECK(thoughts.empty());
  CHECK(state()->total == 1);
}

TEST_CASE_METHOD(thinking, "what waits is decided together but not for ever") {
  counter::slow = true;
  engine->hold = true;
  tell(add{1});
  run();
  think();
  auto second = tell(add{2});
  auto third = tell(add{3});
  run();
  engine->hold = false;
  engine->release();
  run();
  // The first of both takes as long as it may.
  on_clock = [] {
    auto end = std::chrono::steady_clock::now() + entity::longest_deliberation;
    while (std::chrono::steady_clock::now() <= end)
      continue;
  };
  think();
  CHECK(code(second) == ec::none);
  CHECK(code(third) == ec::timeout);
  think();
  CHECK(code(third) == ec::none);
  CHECK(replayed().total == 6);
}

TEST_CASE_METHOD(thinking, "what takes long behind others is decided once") {
  engine->hold = true;
  auto before = tell(add{1});
  run();
  auto beside = tell(add{2});
  auto slow = tell(ponder{5});
  auto behind = tell(add{3});
  run();
  engine->hold = false;
  engine->release();
  run();
  CHECK(code(before) == ec::none);
  CHECK(code(beside) == ec::timeout);
  think();
  CHECK((*beside)->value().last_seq == 2);
  CHECK((*slow)->value().last_seq == 4);
  CHECK((*behind)->value().last_seq == 5);
  CHECK(performed
        == std::vector<std::string>{"added 1", "added 2", "added 1", "added 5",
                                    "added 3"});
  CHECK(replayed().total == 12);
}

TEST_CASE_METHOD(thinking, "who cannot be read again is asked again later") {
  auto first = order(add{1});
  REQUIRE(first);
  engine->unreadable = ec::io_failed;
  auto slow = tell(ponder{5});
  run();
  CHECK(code(slow) == ec::io_failed);
  engine->unreadable = ec::none;
  CHECK(think_of(ponder{5}) == ec::none);
  CHECK(replayed().total == 7);
}

TEST_CASE_METHOD(thinking, "an append that fails after thinking is told of") {
  counter::slow = true;
  engine->always = ec::storage_full;
  CHECK(think_of(add{1}) == ec::storage_full);
  engine->always = ec::none;
  CHECK(think_of(add{2}) == ec::none);
  CHECK(replayed().total == 2);
}

TEST_CASE_METHOD(thinking, "an alarm that takes long rings once") {
  REQUIRE(order(set_alarm{now() + 10s}));
  counter::slow = true;
  advance(11s);
  advance(1min);
  REQUIRE(thoughts.size() == 1);
  think();
  advance(1min);
  CHECK(thoughts.empty());
  CHECK(replayed().rang_times == 1);
}

TEST_CASE_METHOD(hosted, "where nobody else thinks, what takes long is decided "
                         "at once") {
  CHECK(code(order(ponder{5})) == ec::none);
  CHECK(state()->total == 6);
  // A core that takes long all the same has a defect.
  CHECK(code(order(ponder{-1})) == ec::unavailable);
  CHECK(failures.size() == 1);
  CHECK(state()->total == 6);
}

TEST_CASE_METHOD(thinking, "an entity does not leave while it is thought of") {
  REQUIRE(order(add{1}));
  counter::slow = true;
  auto asked = tell(add{2});
  run();
  // The region asks it to, as after its idle time.
  caf::anon_send(region, atom::idle_v, id);
  advance(std::chrono::hours{1});
  think();
  CHECK(code(asked) == ec::none);
  CHECK(state()->total == 3);
}
