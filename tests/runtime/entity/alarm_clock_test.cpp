#include "runtime/entity/alarm_clock.hpp"

#include <catch2/catch.hpp>

using namespace machine;
using namespace std::chrono_literals;
using entity::alarm_clock;

TEST_CASE("a timer is set for when it is wanted, and not again for later") {
  alarm_clock it;
  timestamp now{1h};
  auto first = it.set(now, now + 10s);
  REQUIRE(first);
  CHECK(first->wait == 10s);
  CHECK(!it.set(now, now + 10s));
  CHECK(!it.set(now, now + 20s));
  auto earlier = it.set(now, now + 5s);
  REQUIRE(earlier);
  CHECK(earlier->wait == 5s);
  CHECK(!it.fires(first->number));
  CHECK(it.fires(earlier->number));
  CHECK(it.set(now, now + 20s));
}

TEST_CASE("what has passed is wanted at once") {
  alarm_clock it;
  auto timer = it.set(timestamp{1h}, timestamp{});
  REQUIRE(timer);
  CHECK(timer->wait == 0s);
}

TEST_CASE("the wall clock is looked at once a minute") {
  alarm_clock it;
  timestamp now{1h};
  auto timer = it.set(now, now + 24h);
  REQUIRE(timer);
  CHECK(timer->wait == 60s);
  // The machine slept for a day meanwhile.
  CHECK(it.fires(timer->number));
  timer = it.set(now + 25h, now + 24h);
  REQUIRE(timer);
  CHECK(timer->wait == 0s);
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
