#include "runtime/security/token_bucket.hpp"
#include "tests/runtime/security/samples.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <limits>

using namespace machine;
using namespace machine::security;
using namespace machine::test;
using namespace std::chrono_literals;

namespace {

/// Twice a second, three at once.
constexpr rate_limit twice{2'000, 3};

rate_limit draw_limits() {
  return {draw<int64_t>(1, 5'000), draw<int64_t>(1, 20)};
}

} // namespace

TEST_CASE("a new bucket is full, and gives what it has") {
  token_bucket x;
  for (int left = 2; left >= 0; --left) {
    auto got = take(x, twice, start);
    CHECK(got.what == permit::granted);
    CHECK(got.left.remaining == left);
  }
  auto got = take(x, twice, start);
  CHECK(got.what == permit::later);
  CHECK(got.wait == 500ms);
}

TEST_CASE("what is refused takes nothing") {
  token_bucket x;
  CHECK(take(x, twice, start, 2).what == permit::granted);
  CHECK(take(x, twice, start, 2).what == permit::later);
  CHECK(take(x, twice, start, 1).what == permit::granted);
}

TEST_CASE("what costs more than a full bucket is never granted") {
  token_bucket x;
  CHECK(take(x, twice, start, 4).what == permit::never);
  CHECK(take(x, twice, start, std::numeric_limits<uint32_t>::max()).what
        == permit::never);
  CHECK(take(x, twice, start, 3).what == permit::granted);
}

TEST_CASE("what costs nothing is granted by an empty bucket") {
  token_bucket x;
  CHECK(take(x, twice, start, 3).what == permit::granted);
  CHECK(take(x, twice, start, 0).what == permit::granted);
}

TEST_CASE("the quota says what is left and when it is full again") {
  token_bucket x;
  CHECK(take(x, twice, start, 0).left == quota{3, 3, 2s, 0s});
  CHECK(take(x, twice, start, 2).left == quota{3, 1, 2s, 1s});
  CHECK(take(x, twice, start + 250ms, 0).left == quota{3, 1, 2s, 1s});
  CHECK(take(x, twice, start + 500ms, 0).left == quota{3, 2, 2s, 1s});
  CHECK(take(x, twice, start + 1s, 0).left == quota{3, 3, 2s, 0s});
  CHECK(full_from(x, twice) == start + 1s);
}

TEST_CASE("after the time that it names it is granted, and not before") {
  CHECK(rc::check([] {
    auto limits = draw_limits();
    token_bucket x;
    auto now = start;
    for (auto left = draw(1, 40); left > 0; --left) {
      now += std::chrono::microseconds{draw(0, 300'000)};
      auto cost = static_cast<uint32_t>(draw<int64_t>(0, limits.burst + 1));
      auto got = take(x, limits, now, cost);
      RC_ASSERT(got.what != permit::never);
      if (got.what == permit::granted)
        continue;
      RC_ASSERT(got.wait > 0ms);
      auto early = x;
      RC_ASSERT(take(early, limits, now + got.wait - 1ms, cost).what
                == permit::later);
      auto late = x;
      RC_ASSERT(take(late, limits, now + got.wait, cost).what
                == permit::granted);
    }
  }));
}

TEST_CASE("within any time no more is granted than the burst and the rate") {
  CHECK(rc::check([] {
    auto limits = draw_limits();
    struct granted {
      timestamp at;
      int64_t cost;
    };
    std::vector<granted> log;
    token_bucket x;
    auto now = start;
    timestamp latest{};
    for (auto left = draw(1, 60); left > 0; --left) {
      now += std::chrono::microseconds{draw(-50'000, 400'000)};
      // A clock that goes back further is another property.
      now = std::max(now, latest - fill_time(limits));
      latest = std::max(latest, now);
      auto cost = draw<int64_t>(0, limits.burst + 1);
      if (take(x, limits, now, static_cast<uint32_t>(cost)).what
          == permit::granted)
        log.push_back({latest, cost});
    }
    for (size_t i = 0; i < log.size(); ++i) {
      int64_t sum = 0;
      for (size_t j = i; j < log.size(); ++j) {
        sum += log[j].cost;
        auto passed = (log[j].at - log[i].at).count();
        RC_ASSERT((sum - limits.burst) * 1'000'000'000
                  <= limits.per_1000_seconds * passed);
      }
    }
  }));
}

TEST_CASE("who asks often refills as much as who asks once") {
  CHECK(rc::check([] {
    auto limits = draw_limits();
    token_bucket once;
    take(once, limits, start, static_cast<uint32_t>(limits.burst));
    auto often = once;
    auto now = start;
    for (auto left = draw(1, 50); left > 0; --left) {
      now += std::chrono::microseconds{draw(0, 100'000)};
      take(often, limits, now, 0);
    }
    take(once, limits, now, 0);
    RC_ASSERT(once == often);
  }));
}

TEST_CASE("a clock that goes back makes nobody rich, and nobody wait forever") {
  token_bucket x;
  take(x, twice, start, 3);
  auto got = take(x, twice, start - 1ms);
  CHECK(got.what == permit::later);
  CHECK(got.wait == 501ms);
  got = take(x, twice, start - std::chrono::hours{24 * 365});
  CHECK(got.what == permit::later);
  CHECK(got.wait <= 2 * duration_cast<duration>(fill_time(twice)));
  CHECK(got.left.remaining == 0);
}

TEST_CASE("a bucket that nobody touched for long is full and no fuller") {
  token_bucket x;
  take(x, {1'000'000'000, 1'000'000}, timestamp{}, 1'000'000);
  auto got = take(x, {1'000'000'000, 1'000'000},
                  timestamp{std::chrono::hours{24 * 365 * 1000}}, 0);
  CHECK(got.left.remaining == 1'000'000);
}

TEST_CASE("limits may change under a bucket") {
  token_bucket x;
  take(x, {1'000, 100}, start, 100);
  CHECK(take(x, {1'000, 5}, start, 1).wait == 1s);
  CHECK(take(x, {1'000, 5}, start + 5s, 5).what == permit::granted);
}

TEST_CASE("limits out of bounds are told, and do no harm") {
  CHECK(!check_rate_limit({1, 1}));
  CHECK(!check_rate_limit({1'000'000'000, 1'000'000}));
  constexpr auto most = std::numeric_limits<int64_t>::max();
  constexpr auto least = std::numeric_limits<int64_t>::min();
  for (auto limits : {rate_limit{0, 1}, rate_limit{1, 0}, rate_limit{most, 1},
                      rate_limit{1, most}, rate_limit{least, least}}) {
    CHECK(code_of(check_rate_limit(limits)) == ec::invalid_argument);
    token_bucket x{most, start};
    CHECK(take(x, limits, start, 1).what == permit::later);
    CHECK(take(x, limits, start + 366 * 24h * 1000, 1).what == permit::granted);
  }
}

TEST_CASE("what is charged is taken, as much as there is") {
  const rate_limit limits{1'000, 10};
  const timestamp now{std::chrono::hours{1}};
  token_bucket x;
  charge(x, limits, now, 4);
  CHECK(take(x, limits, now).left.remaining == 5);
  charge(x, limits, now, 1'000'000);
  auto refused = take(x, limits, now);
  CHECK(refused.what == permit::later);
  CHECK(refused.wait == duration{1'000});
  CHECK(take(x, limits, now + std::chrono::seconds{1}).what == permit::granted);
}
