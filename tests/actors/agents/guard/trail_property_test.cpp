#include "actors/agents/guard/trail.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

using namespace machine;
using namespace machine::agents;

namespace {

guard_fact fact(uint64_t digest, std::optional<uint64_t> state = std::nullopt,
                bool failed = false) {
  return {digest, "e", "x", failed, state};
}

guard_limits any_limits() {
  guard_limits x;
  x.repeats = *rc::gen::inRange(2u, 6u);
  x.cycle = *rc::gen::inRange(1u, 6u);
  x.window = *rc::gen::inRange(10u, 40u);
  x.times = *rc::gen::inRange(3u, 10u);
  x.failures = *rc::gen::inRange(3u, 10u);
  x.idle_calls = *rc::gen::inRange(2u, 30u);
  return x;
}

} // namespace

TEST_CASE("whoever gets somewhere is never stopped") {
  CHECK(rc::check([] {
    auto limits = any_limits();
    trail x;
    uint64_t next = 1'000;
    for (auto i = *rc::gen::inRange(1, 150); i > 0; --i) {
      note_model_call(x, "m", 1);
      // An edit that makes a new file, and the test that succeeds again.
      next += 2;
      note(x, fact(next, next + 1));
      if (*rc::gen::arbitrary<bool>())
        note(x, fact(1));
      RC_ASSERT(!find_loop(x, limits));
    }
  }));
}

TEST_CASE("whoever goes around in any short cycle is stopped in time") {
  CHECK(rc::check([] {
    auto limits = any_limits();
    trail x;
    for (auto i = *rc::gen::inRange(0, 60); i > 0; --i)
      note(x, fact(10'000 + static_cast<uint64_t>(i)));
    auto period = *rc::gen::inRange(1u, limits.cycle + 1);
    // Each part may leave the workspace in a state that it had before.
    std::vector<guard_fact> parts;
    for (auto i = 0u; i < period; ++i)
      parts.push_back(fact(*rc::gen::inRange<uint64_t>(1, 5),
                           *rc::gen::inRange<uint64_t>(1, 4)));
    std::optional<loop_alarm> alarm;
    // The first time around may bring new states.
    for (auto i = 0u; i < (limits.repeats + 1) * period && !alarm; ++i) {
      note_model_call(x, "m", 1);
      note(x, parts[i % period]);
      alarm = find_loop(x, limits);
    }
    RC_ASSERT(alarm);
    RC_ASSERT(!alarm->effects.empty());
  }));
}

TEST_CASE("a trail is bounded, and the same for the same facts") {
  CHECK(rc::check([] {
    trail x;
    trail y;
    auto calls = *rc::gen::container<std::vector<uint64_t>>(
      *rc::gen::inRange<size_t>(0, 400), rc::gen::inRange<uint64_t>(0, 300));
    for (auto z : calls)
      for (auto* to : {&x, &y}) {
        note_model_call(*to, "m", 1);
        note(*to, fact(z, z % 7 == 0 ? std::optional{z} : std::nullopt));
      }
    RC_ASSERT(x == y);
    RC_ASSERT(x.steps.size() <= max_trail);
    RC_ASSERT(x.states.size() <= max_trail);
    RC_ASSERT(x.idle_effects.size() <= max_trail);
  }));
}
