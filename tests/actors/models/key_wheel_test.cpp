#include "actors/models/key_wheel.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <map>

using namespace machine;
using namespace machine::models;

namespace {

constexpr timestamp wheel_start{std::chrono::seconds{1'000'000}};

timestamp wheel_time(int64_t ms) {
  return wheel_start + duration{ms};
}

/// The keys of *count* turns at *now*, as letters.
std::string turns(key_wheel& x, int count, timestamp now) {
  std::string result;
  for (int i = 0; i < count; ++i) {
    auto turn = x.take(1, now);
    result += turn.key ? static_cast<char>('a' + *turn.key) : '-';
  }
  return result;
}

} // namespace

TEST_CASE("keys take turns by their weights, mixed") {
  key_wheel x{{5, 1, 1}};
  CHECK(turns(x, 14, wheel_time(0)) == "aabacaaaabacaa");
  key_wheel one{{7}};
  CHECK(turns(one, 3, wheel_time(0)) == "aaa");
}

TEST_CASE("in a whole round every key has as many turns as its weight") {
  CHECK(rc::check([] {
    auto weights = *rc::gen::nonEmpty(
      rc::gen::container<std::vector<uint32_t>>(rc::gen::inRange(1u, 20u)));
    key_wheel x{weights};
    size_t sum = 0;
    for (auto weight : weights)
      sum += weight;
    std::map<size_t, uint32_t> had;
    for (size_t i = 0; i < sum; ++i)
      ++had[*x.take(1, wheel_time(0)).key];
    for (size_t i = 0; i < weights.size(); ++i)
      RC_ASSERT(had[i] == weights[i]);
  }));
}

TEST_CASE("a key that has to pause has no turn until then") {
  key_wheel x{{1, 1}};
  x.pause(0, duration{5'000}, wheel_time(0));
  CHECK(turns(x, 3, wheel_time(0)) == "bbb");
  CHECK(turns(x, 3, wheel_time(4'999)) == "bbb");
  CHECK(turns(x, 4, wheel_time(5'000)).find('a') != std::string::npos);
  x.pause(0, duration{5'000}, wheel_time(10'000));
  x.pause(1, duration{3'000}, wheel_time(10'000));
  auto none = x.take(1, wheel_time(11'000));
  CHECK(!none.key);
  CHECK(none.wait == duration{2'000});
}

TEST_CASE(
  "a pause that was not asked for is kept only where there is another") {
  key_wheel x{{1, 1}};
  x.pause(0, std::nullopt, wheel_time(0));
  CHECK(turns(x, 3, wheel_time(0)) == "bbb");
  x.pause(1, std::nullopt, wheel_time(0));
  CHECK(turns(x, 2, wheel_time(0)).find('-') == std::string::npos);
  // Longer each time, until the key works again.
  x.pause(0, std::nullopt, wheel_time(0));
  key_wheel y{{1, 1}};
  for (int i = 0; i < 3; ++i)
    y.pause(0, std::nullopt, wheel_time(0));
  CHECK(turns(y, 3, wheel_time(3'999)) == "bbb");
  y.accept(0);
  y.pause(0, std::nullopt, wheel_time(10'000));
  CHECK(turns(y, 3, wheel_time(10'999)) == "bbb");
  CHECK(turns(y, 3, wheel_time(11'000)).find('a') != std::string::npos);
}

TEST_CASE("a key that was refused is left alone for longer each time") {
  key_wheel x{{1, 1}};
  x.refuse(0, wheel_time(0));
  CHECK(turns(x, 3, wheel_time(59'999)) == "bbb");
  CHECK(turns(x, 3, wheel_time(60'000)).find('a') != std::string::npos);
  x.refuse(0, wheel_time(60'000));
  CHECK(turns(x, 3, wheel_time(179'999)) == "bbb");
  x.accept(0);
  CHECK(turns(x, 3, wheel_time(179'999)).find('a') != std::string::npos);
}

TEST_CASE("where all keys were refused, the first of them is asked again") {
  key_wheel x{{1, 1}};
  x.refuse(0, wheel_time(0));
  x.refuse(1, wheel_time(1'000));
  CHECK(turns(x, 2, wheel_time(2'000)) == "aa");
  // Not by a call that has just been refused with it.
  auto other = x.take(1, wheel_time(2'000), {0});
  CHECK(!other.key);
}

TEST_CASE("a call does not come back to a key that it has tried") {
  key_wheel x{{1, 1, 1}};
  CHECK(x.take(1, wheel_time(0), {0, 2}).key == 1);
  auto none = x.take(1, wheel_time(0), {0, 1, 2});
  CHECK(!none.key);
  CHECK(none.wait == duration{0});
}

TEST_CASE("each key has limits of its own") {
  key_wheel x{{1, 1}, {.requests_per_minute = 2}};
  CHECK(turns(x, 4, wheel_time(0)) == "abab");
  auto none = x.take(1, wheel_time(0));
  CHECK(!none.key);
  CHECK(none.wait == duration{61'000});
  rate_report said;
  said.requests = {100, 0, duration{90'000}};
  key_wheel y{{1, 1}};
  auto turn = y.take(1, wheel_time(0));
  REQUIRE(turn.key == 0);
  y.hear(0, turn.ticket, said, wheel_time(0));
  CHECK(turns(y, 3, wheel_time(0)) == "bbb");
}

TEST_CASE("whatever happens, a turn is of a key that may go") {
  CHECK(rc::check([] {
    auto size = *rc::gen::inRange<size_t>(1, 5);
    key_wheel x{std::vector<uint32_t>(size, 1), {.requests_per_minute = 10}};
    std::map<size_t, int64_t> paused;
    int64_t now = 0;
    for (int i = 0; i < 100; ++i) {
      now += *rc::gen::inRange(0, 3'000);
      auto key = *rc::gen::inRange<size_t>(0, size);
      switch (*rc::gen::inRange(0, 4)) {
        case 0: {
          auto wait = *rc::gen::inRange<int64_t>(0, 10'000);
          x.pause(key, duration{wait}, wheel_time(now));
          paused[key] = std::max(paused[key], now + wait);
          break;
        }
        case 1: x.refuse(key, wheel_time(now)); break;
        case 2: x.accept(key); break;
        default: {
          auto turn = x.take(1, wheel_time(now));
          if (turn.key)
            RC_ASSERT(paused[*turn.key] <= now);
          else
            RC_ASSERT(turn.wait > duration{0});
          if (turn.key)
            x.settle(*turn.key, turn.ticket, 1, wheel_time(now));
        }
      }
    }
  }));
}
