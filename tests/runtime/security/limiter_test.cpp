#include "runtime/security/limiter.hpp"
#include "tests/runtime/security/samples.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <atomic>
#include <map>
#include <thread>
#include <vector>

using namespace machine;
using namespace machine::security;
using namespace machine::test;
using namespace std::chrono_literals;

namespace {

constexpr rate_limit once{1'000, 1};

std::string address(int i) {
  return "192.0.2." + std::to_string(i);
}

bool is_granted(limiter& from, std::string_view who, timestamp now) {
  return from.take(who, now).what == permit::granted;
}

} // namespace

TEST_CASE("each key has a bucket of its own") {
  limiter x{once, 1'000};
  CHECK(is_granted(x, "a", start));
  CHECK(!is_granted(x, "a", start));
  CHECK(is_granted(x, "b", start));
  CHECK(is_granted(x, "a", start + 1s));
}

TEST_CASE("with room for all, keys do as buckets do") {
  CHECK(rc::check([] {
    rate_limit limits{draw<int64_t>(1, 3'000), draw<int64_t>(1, 5)};
    limiter x{limits, 1'000};
    std::map<std::string, token_bucket> model;
    auto now = start;
    for (auto left = draw(0, 100); left > 0; --left) {
      now += std::chrono::microseconds{draw(0, 500'000)};
      auto who = address(draw(0, 5));
      auto cost = static_cast<uint32_t>(draw(0, 4));
      auto got = x.take(who, now, cost);
      auto expected = take(model[who], limits, now, cost);
      RC_ASSERT(got.what == expected.what);
      RC_ASSERT(got.wait == expected.wait);
      RC_ASSERT(got.left == expected.left);
    }
  }));
}

TEST_CASE("buckets that are full again are not kept") {
  limiter x{once, 1'000};
  x.take("a", start, 0);
  CHECK(x.size() == 0);
  x.take("a", start);
  CHECK(x.size() == 1);
  x.take("a", start + 1s, 0);
  CHECK(x.size() == 0);
}

TEST_CASE("there are never more buckets than there may be") {
  for (size_t most : {1, 2, 15, 16, 17, 100}) {
    limiter x{once, most};
    for (int i = 0; i < 1'000; ++i)
      x.take(address(i), start);
    CHECK(x.size() <= most);
    CHECK(x.size() > 0);
  }
  limiter none{once, 0};
  none.take("a", start);
  none.take("b", start);
  CHECK(none.size() == 1);
}

TEST_CASE("keys without room share one bucket, so that many are worth one") {
  limiter x{once, 16};
  size_t kept = 0;
  size_t count = 0;
  for (int i = 0; i < 10'000; ++i)
    if (is_granted(x, address(i), start))
      ++count;
  kept = x.size();
  CHECK(count == kept + 1);
  // Of which they have another one after its time.
  limiter y{{1'000, 1}, 1};
  CHECK(is_granted(y, "first", start));
  CHECK(is_granted(y, "b", start + 1ms));
  CHECK(!is_granted(y, "c", start + 2ms));
  // Whoever has a bucket is not touched by that.
  CHECK(is_granted(y, "first", start + 1s));
  CHECK(!is_granted(y, "c", start + 1s));
  CHECK(is_granted(y, "c", start + 1001ms));
}

TEST_CASE("a bucket that is full again makes room") {
  limiter x{once, 1};
  CHECK(is_granted(x, "a", start));
  CHECK(is_granted(x, "b", start));
  CHECK(!is_granted(x, "c", start));
  // Now c has one of its own, and b is left with the one for all.
  CHECK(is_granted(x, "c", start + 1s));
  CHECK(is_granted(x, "b", start + 1s));
  CHECK(!is_granted(x, "b", start + 1s));
  CHECK(x.size() == 1);
}

TEST_CASE("a clock that goes back does not shut newcomers out") {
  limiter x{once, 1};
  x.take("a", start + 24h);
  x.take("b", start);
  CHECK(is_granted(x, "c", start + 1s));
  CHECK(x.size() == 1);
  CHECK(is_granted(x, "d", start + 1s));
}

TEST_CASE("keys that are too long share the bucket of those without room") {
  limiter x{once, 1'000};
  CHECK(is_granted(x, std::string(257, 'a'), start));
  CHECK(!is_granted(x, std::string(257, 'b'), start));
  CHECK(is_granted(x, std::string(256, 'b'), start));
  CHECK(x.size() == 1);
}

TEST_CASE("many threads get as much as there is") {
  constexpr rate_limit limits{1, 100};
  limiter x{limits, 40};
  std::atomic<size_t> count = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 4'000; ++i) {
        auto who = (i * 7 + t) % 10;
        if (is_granted(x, address(who), start))
          ++count;
        // More than there is room for, which share one.
        if (is_granted(x, address(1'000 + i), start))
          ++count;
      }
    });
  for (auto& thread : threads)
    thread.join();
  CHECK(x.size() <= 40);
  // All that is kept, and the one bucket of the others, once.
  auto left = [&] {
    size_t result = 0;
    for (int i = 0; i < 10; ++i)
      while (is_granted(x, address(i), start))
        ++result;
    return result;
  }();
  CHECK(left == 0);
  CHECK(count >= 100);
  CHECK(count <= (x.size() + 1) * 100);
}
