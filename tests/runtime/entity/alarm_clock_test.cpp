#include "runtime/entity/alarm_clock.hpp"

#include <catch2/catch.hpp>

using namespace machine;
using namespace std::chrono_literals;
using entity::alarm_clock;

namespace {

/// The timer that *it* sets for *at*.
alarm_clock::timer set(alarm_clock& it, timestamp now, timestamp at) {
  auto result = it.set(now, at);
  REQUIRE(result);
  return *result;
}

} // namespace

TEST_CASE("a timer is set for when it is wanted, and not again for later") {
  alarm_clock it;
  timestamp now{1h};
  auto first = set(it, now, now + 10s);
  CHECK(first.wait == 10s);
  CHECK(!it.set(now, now + 10s));
  CHECK(!it.set(now, now + 20s));
  auto earlier = set(it, now, now + 5s);
  CHECK(earlier.wait == 5s);
  CHECK(!it.fires(first.number));
  CHECK(it.fires(earlier.number));
  CHECK(it.set(now, now + 20s));
}

TEST_CASE("what has passed is wanted at once") {
  alarm_clock it;
  CHECK(set(it, timestamp{1h}, timestamp{}).wait == 0s);
}

TEST_CASE("the wall clock is looked at once a minute") {
  alarm_clock it;
  timestamp now{1h};
  auto timer = set(it, now, now + 24h);
  CHECK(timer.wait == 60s);
  // The machine slept for a day meanwhile.
  CHECK(it.fires(timer.number));
  CHECK(set(it, now + 25h, now + 24h).wait == 0s);
}

TEST_CASE("pauses grow until something goes well, and nothing else wakes") {
  alarm_clock it;
  timestamp now{1h};
  auto pause = it.pause();
  REQUIRE(pause);
  CHECK(pause->wait == 100ms);
  CHECK(it.paused());
  CHECK(!it.pause());
  CHECK(!it.set(now, now));
  CHECK(it.fires(pause->number));
  CHECK(!it.paused());
  alarm_clock::length last{};
  for (int i = 0; i < 20; ++i) {
    pause = it.pause();
    REQUIRE(pause);
    CHECK(pause->wait >= last);
    last = pause->wait;
    CHECK(it.fires(pause->number));
  }
  CHECK(last == 5s);
  it.recover();
  CHECK(it.pause()->wait == 100ms);
}
