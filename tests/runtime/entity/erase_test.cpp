#include "tests/runtime/entity/hosted.hpp"

using namespace machine;
using namespace machine::test;
using namespace std::chrono_literals;

namespace {

struct erasing : hosted {
  pending<bool> begin_to_erase() {
    return begin<bool>(region, atom::erase_v, id);
  }

  caf::expected<bool> erase() {
    return ask<bool>(region, atom::erase_v, id);
  }

  size_t erased() const {
    size_t result = 0;
    for (auto& x : engine->committed)
      result += x.erased.size();
    return result;
  }
};

} // namespace

TEST_CASE_METHOD(erasing, "an entity that is erased is not there any more") {
  REQUIRE(order(add{3}));
  REQUIRE(order(add{4}));
  CHECK(code(erase()) == ec::none);
  REQUIRE(engine->committed.back().erased.size() == 1);
  CHECK(engine->committed.back().erased.front().expected_seq == 2);
  CHECK(engine->committed.back().streams.empty());
  CHECK(code(state()) == ec::not_found);
  CHECK(code(erase()) == ec::not_found);
  restart();
  CHECK(code(state()) == ec::not_found);
  CHECK(erased() == 1);
}

TEST_CASE_METHOD(erasing, "one that begins under an erased name knows nothing "
                          "of the other") {
  uses.snapshot_every = 3;
  restart();
  for (int i = 0; i < 4; ++i)
    REQUIRE(order(add{3}));
  CHECK(code(erase()) == ec::none);
  auto first = order(add{1});
  REQUIRE(first);
  CHECK(first->last_seq == 1);
  CHECK(state()->total == 1);
  restart();
  CHECK(state()->total == 1);
  REQUIRE(order(add{1}));
  REQUIRE(order(add{1}));
  CHECK(engine->snapshots.at(stream()).seq == 3);
}

TEST_CASE_METHOD(erasing, "what the core keeps is not erased") {
  REQUIRE(order(open_up{}));
  CHECK(code(erase()) == ec::conflict);
  CHECK(erased() == 0);
  CHECK(state()->open);
}

TEST_CASE_METHOD(erasing, "what was asked before is decided before, and what "
                          "comes meanwhile finds nothing") {
  REQUIRE(order(add{1}));
  engine->hold = true;
  auto before = tell(add{2});
  auto first = begin_to_erase();
  auto second = begin_to_erase();
  run();
  // The commit of the command goes first; then both are answered by one erase.
  engine->release();
  run();
  auto reader = begin<counter_state>(region, atom::inspect_v, id);
  auto after = tell(add{5});
  run();
  CHECK(code(before) == ec::none);
  CHECK(code(first) == ec::timeout);
  CHECK(code(reader) == ec::timeout);
  engine->hold = false;
  engine->release();
  run();
  CHECK(code(first) == ec::none);
  CHECK(code(second) == ec::none);
  CHECK(erased() == 1);
  CHECK(code(after) == ec::none);
  CHECK(state()->total == 5);
}

TEST_CASE_METHOD(erasing, "an entity that is opened while an erasing waits is "
                          "not erased") {
  REQUIRE(order(add{1}));
  engine->hold = true;
  auto before = tell(open_up{});
  auto asked = begin_to_erase();
  run();
  engine->hold = false;
  engine->release();
  run();
  CHECK(code(before) == ec::none);
  CHECK(code(asked) == ec::conflict);
  CHECK(state()->open);
}

TEST_CASE_METHOD(erasing, "an erasing of which nobody knows is looked up in "
                          "the log") {
  REQUIRE(order(add{1}));
  SECTION("it has happened") {
    engine->fates = {{ec::io_failed, true}};
    CHECK(code(erase()) == ec::none);
    CHECK(code(state()) == ec::not_found);
  }
  SECTION("it has not") {
    engine->fates = {{ec::io_failed, false}};
    CHECK(code(erase()) == ec::io_failed);
    CHECK(state()->total == 1);
    CHECK(code(erase()) == ec::none);
    CHECK(code(state()) == ec::not_found);
  }
}

TEST_CASE_METHOD(erasing, "an owner that was replaced erases nothing") {
  REQUIRE(order(add{1}));
  auto shard = entity::shard_of(stream(), 64);
  ++engine->leases[shard].epoch;
  CHECK(code(erase()) == ec::unavailable);
  CHECK(erased() == 0);
  CHECK(state()->total == 1);
  CHECK(code(erase()) == ec::none);
}

TEST_CASE_METHOD(erasing, "an erased entity is forgotten at once") {
  REQUIRE(order(add{1}));
  auto loads = engine->loads;
  CHECK(code(erase()) == ec::none);
  CHECK(code(state()) == ec::not_found);
  CHECK(engine->loads == loads + 1);
  CHECK(failures.empty());
}
