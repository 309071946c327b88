#include "tests/runtime/entity/hosted.hpp"

#include <rapidcheck.h>

using namespace machine;
using namespace machine::test;
using namespace std::chrono_literals;

namespace {

struct with_snapshots : hosted {
  explicit with_snapshots(uint64_t every = 3) {
    uses.snapshot_every = every;
    restart();
  }

  uint64_t snapshots() const {
    uint64_t result = 0;
    for (auto& x : engine->committed)
      result += x.streams.at(0).snapshot ? 1 : 0;
    return result;
  }
};

counter_command random_command(timestamp now) {
  switch (*rc::gen::inRange(0, 9)) {
    case 0: return note{std::string(*rc::gen::inRange(0, 50), 'n')};
    case 1: return grow{*rc::gen::inRange<uint64_t>(0, 200)};
    case 2: return set_alarm{now + std::chrono::seconds{5}};
    case 3: return open_up{};
    case 4: return refuse{};
    case 5: return throw_up{};
    case 6: return attach{*rc::gen::inRange<uint64_t>(0, 100)};
    default: return add{*rc::gen::inRange<int64_t>(-100, 100)};
  }
}

} // namespace

TEST_CASE_METHOD(with_snapshots, "a snapshot is taken every so many events") {
  for (int i = 0; i < 10; ++i)
    REQUIRE(order(add{1}));
  CHECK(snapshots() == 3);
  CHECK(engine->snapshots.at(stream()).seq == 9);
  restart();
  CHECK(state()->total == 10);
  // The interval goes on where it was.
  REQUIRE(order(add{1}));
  CHECK(snapshots() == 3);
  REQUIRE(order(add{1}));
  CHECK(snapshots() == 4);
}

TEST_CASE_METHOD(with_snapshots, "a snapshot that does not read is no loss") {
  for (int i = 0; i < 4; ++i)
    REQUIRE(order(add{1}));
  auto expected = *state();
  SECTION("garbage") {
    engine->snapshots.at(stream()).state = {0xc1, 1, 2};
  }
  SECTION("of another shape") {
    engine->snapshots.at(stream()).schema = "counter.0";
  }
  restart();
  CHECK(*state() == expected);
}

TEST_CASE_METHOD(with_snapshots, "a state over the bound is kept without one") {
  REQUIRE(order(grow{store::max_snapshot_bytes}));
  for (int i = 0; i < 8; ++i)
    REQUIRE(code(order(add{1})) == ec::none);
  CHECK(snapshots() == 0);
  CHECK(log_size() == 9);
  restart();
  CHECK(state()->total == 8);
}

TEST_CASE("replay from a snapshot is replay from the log") {
  CHECK(rc::check([] {
    with_snapshots it{*rc::gen::inRange<uint64_t>(1, 8)};
    int64_t total = 0;
    for (auto left = *rc::gen::inRange(0, 40); left > 0; --left) {
      switch (*rc::gen::inRange(0, 12)) {
        case 0: it.restart(); break;
        case 1:
          it.engine->fates = {{ec::io_failed, *rc::gen::arbitrary<bool>()}};
          break;
        case 2: it.advance(std::chrono::seconds{6}); break;
        default: {
          auto what = random_command(it.now());
          auto done = it.order(what);
          // What was answered is what is durable.
          if (auto* x = std::get_if<add>(&what); x && done)
            total += x->amount;
          if (std::holds_alternative<note>(what) && done)
            ++total;
        }
      }
    }
    it.engine->fates.clear();
    auto seen = it.state();
    if (!seen) {
      RC_ASSERT(it.log_size() == 0u);
      return;
    }
    RC_ASSERT(seen->total == total);
    RC_ASSERT(it.replayed() == *seen);
    it.engine->snapshots.clear();
    RC_ASSERT(it.replayed() == *seen);
  }));
}
