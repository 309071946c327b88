#include "actors/models/rate_window.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <vector>

using namespace machine;
using namespace machine::models;

namespace {

constexpr timestamp window_start{std::chrono::seconds{1'000'000}};

timestamp window_time(int64_t ms) {
  return window_start + duration{ms};
}

rate_report report_of(rate_limit_state tokens, rate_limit_state requests = {}) {
  rate_report x;
  x.tokens = tokens;
  x.requests = requests;
  return x;
}

} // namespace

TEST_CASE("nothing is waited for where nothing is known") {
  rate_window x;
  for (int i = 0; i < 1'000; ++i) {
    CHECK(x.wait_for(1'000'000, window_time(0)) == duration{0});
    x.begin(1'000'000, window_time(0));
  }
}

TEST_CASE("requests wait for a minute to pass") {
  rate_window x{{.requests_per_minute = 2}};
  CHECK(x.wait_for(1, window_time(0)) == duration{0});
  x.begin(1, window_time(0));
  x.begin(1, window_time(10'000));
  // The second of the first one, and a whole minute.
  CHECK(x.wait_for(1, window_time(10'500)) == duration{50'500});
  CHECK(x.wait_for(1, window_time(60'999)) == duration{1});
  CHECK(x.wait_for(1, window_time(61'000)) == duration{0});
}

TEST_CASE("tokens are corrected by what was counted") {
  rate_window x{{.tokens_per_minute = 1'000}};
  auto call = x.begin(400, window_time(0));
  CHECK(x.wait_for(700, window_time(1'000)) > duration{0});
  x.settle(call, 100, window_time(2'000));
  CHECK(x.wait_for(700, window_time(2'000)) == duration{0});
  auto other = x.begin(100, window_time(2'000));
  x.settle(other, 900, window_time(3'000));
  CHECK(x.wait_for(1, window_time(3'000)) > duration{0});
}

TEST_CASE("what is larger than a limit waits for an empty minute") {
  rate_window x{{.tokens_per_minute = 1'000}};
  CHECK(x.wait_for(5'000, window_time(0)) == duration{0});
  x.begin(1, window_time(0));
  CHECK(x.wait_for(5'000, window_time(0)) == duration{61'000});
}

TEST_CASE("no minute has more than its limit") {
  CHECK(rc::check([] {
    rate_limits limits{
      .requests_per_minute = *rc::gen::inRange<uint64_t>(1, 20),
      .tokens_per_minute = *rc::gen::inRange<uint64_t>(50, 500)};
    rate_window x{limits};
    struct call {
      int64_t ms;
      uint64_t tokens;
    };
    std::vector<call> made;
    int64_t now = 0;
    for (int i = 0; i < 200; ++i) {
      now += *rc::gen::inRange(0, 5'000);
      auto tokens = static_cast<uint64_t>(*rc::gen::inRange(1, 50));
      auto wait = x.wait_for(tokens, window_time(now));
      // Whoever waits as long as was said may go then.
      RC_ASSERT(x.wait_for(tokens, window_time(now) + wait) == duration{0});
      if (wait > duration{0} && *rc::gen::arbitrary<bool>())
        continue;
      now += wait.count();
      auto ticket = x.begin(tokens, window_time(now));
      x.settle(ticket, std::nullopt, window_time(now));
      made.push_back({now, tokens});
    }
    for (size_t i = 0; i < made.size(); ++i) {
      uint64_t requests = 0;
      uint64_t tokens = 0;
      for (size_t k = i; k < made.size() && made[k].ms < made[i].ms + 60'000;
           ++k) {
        ++requests;
        tokens += made[k].tokens;
      }
      RC_ASSERT(requests <= limits.requests_per_minute);
      RC_ASSERT(tokens <= limits.tokens_per_minute);
    }
  }));
}

TEST_CASE("what a provider says is left is all that is taken") {
  rate_window x;
  auto call = x.begin(10, window_time(0));
  x.hear(call, report_of({1'000, 100, duration{9'000}}), window_time(0));
  CHECK(x.wait_for(100, window_time(0)) == duration{0});
  // 900 come back in nine seconds, evenly.
  CHECK(x.wait_for(200, window_time(0)) == duration{1'000});
  x.begin(100, window_time(0));
  CHECK(x.wait_for(100, window_time(0)) == duration{1'000});
  CHECK(x.wait_for(100, window_time(1'000)) == duration{0});
  // When all is back, nothing is known any more.
  CHECK(x.wait_for(1'000'000, window_time(9'000)) == duration{0});
}

TEST_CASE("without a limit all comes back at once") {
  rate_window x;
  auto call = x.begin(10, window_time(0));
  x.hear(call, report_of({std::nullopt, 0, duration{5'000}}), window_time(0));
  CHECK(x.wait_for(1, window_time(0)) == duration{5'000});
  CHECK(x.wait_for(1, window_time(4'999)) == duration{1});
  CHECK(x.wait_for(1, window_time(5'000)) == duration{0});
}

TEST_CASE("without a time it is taken for a minute's") {
  rate_window x;
  auto call = x.begin(10, window_time(0));
  x.hear(call, report_of({}, {10, 0, std::nullopt}), window_time(0));
  CHECK(x.wait_for(1, window_time(0)) == duration{6'000});
}

TEST_CASE("what is under way is not in what the provider said") {
  rate_window x;
  auto first = x.begin(50, window_time(0));
  auto second = x.begin(60, window_time(0));
  x.hear(first, report_of({std::nullopt, 100, duration{5'000}}),
         window_time(100));
  // 60 of the 100 are on their way.
  CHECK(x.wait_for(40, window_time(100)) == duration{0});
  CHECK(x.wait_for(41, window_time(100)) > duration{0});
  x.hear(second, report_of({std::nullopt, 40, duration{5'000}}),
         window_time(200));
  CHECK(x.wait_for(40, window_time(200)) == duration{0});
  // Nothing is taken off twice.
  x.settle(second, 60, window_time(300));
  x.settle(first, 50, window_time(300));
  auto third = x.begin(1, window_time(300));
  x.hear(third, report_of({std::nullopt, 40, duration{5'000}}),
         window_time(300));
  CHECK(x.wait_for(40, window_time(300)) == duration{0});
}

TEST_CASE("no provider makes anybody wait for more than a day") {
  CHECK(rc::check([](uint64_t limit, uint64_t remaining, uint64_t tokens) {
    rate_window x;
    auto call = x.begin(tokens, window_time(0));
    auto reset = duration{*rc::gen::inRange<int64_t>(0, INT64_MAX / 2'000)};
    x.hear(call, report_of({limit, remaining, reset}), window_time(0));
    auto wait = x.wait_for(tokens, window_time(0));
    RC_ASSERT(wait >= duration{0});
    RC_ASSERT(wait <= duration{86'400'000});
  }));
}
