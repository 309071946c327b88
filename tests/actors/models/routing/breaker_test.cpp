#include "actors/models/routing/breaker.hpp"

#include "tests/support/draw.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <algorithm>

using namespace machine;
using namespace machine::models;
using namespace std::chrono_literals;
using kind = permission::kind;

namespace {

const timestamp start{std::chrono::seconds{1'800'000'000}};

/// One call, from its beginning to its end at the same time.
kind one_call(breaker& x, const breaker_rule& rule, ec code, timestamp now,
              std::optional<duration> retry_after = {}) {
  auto asked = may_call(x, rule, now);
  call_ended(x, rule, asked, code, retry_after, now);
  return asked.what;
}

void open_by_failures(breaker& x, const breaker_rule& rule, timestamp now) {
  for (uint32_t i = 0; i < rule.failures_in_a_row; ++i)
    one_call(x, rule, ec::provider_failed, now);
}

} // namespace

TEST_CASE("a breaker opens after failures in a row") {
  breaker_rule rule;
  breaker x;
  for (auto i = 0; i < 4; ++i)
    one_call(x, rule, ec::timeout, start);
  one_call(x, rule, ec::none, start);
  for (auto i = 0; i < 4; ++i)
    one_call(x, rule, ec::unavailable, start);
  CHECK(x.state == breaker_state::closed);
  one_call(x, rule, ec::provider_garbled, start);
  CHECK(x.state == breaker_state::open);
  auto asked = may_call(x, rule, start + 1s);
  CHECK(asked.what == kind::refused);
  CHECK(asked.wait == 4s);
}

TEST_CASE("a breaker opens when too many calls of the window fail") {
  breaker_rule rule;
  rule.failures_in_a_row = 1'000;
  breaker x;
  auto now = start;
  // Half of them, spread over the window.
  for (auto i = 0; i < 19; ++i) {
    one_call(x, rule, i % 2 == 0 ? ec::provider_failed : ec::none, now);
    now += 2s;
    CHECK(x.state == breaker_state::closed);
  }
  CHECK(error_rate(x, rule, now) == Approx(0.5).margin(0.03));
  one_call(x, rule, ec::provider_failed, now);
  CHECK(x.state == breaker_state::open);
}

TEST_CASE("what lies before the window does not count") {
  breaker_rule rule;
  rule.failures_in_a_row = 1'000;
  breaker x;
  for (auto i = 0; i < 19; ++i)
    one_call(x, rule, ec::provider_failed, start);
  one_call(x, rule, ec::provider_failed, start + 2min);
  CHECK(x.state == breaker_state::closed);
  CHECK(error_rate(x, rule, start + 2min) == 1);
  CHECK(error_rate(x, rule, start + 5min) == 0);
}

TEST_CASE("what is wrong with a request is no fault of its provider") {
  breaker_rule rule;
  breaker x;
  for (auto code :
       {ec::provider_rejected, ec::context_exceeded, ec::content_refused,
        ec::cancelled, ec::invalid_argument, ec::budget_exceeded, ec::internal})
    for (auto i = 0; i < 20; ++i)
      one_call(x, rule, code, start);
  CHECK(x.state == breaker_state::closed);
  CHECK(error_rate(x, rule, start) == 0);
  CHECK(health_of(ec::provider_rejected) == health::works);
  CHECK(health_of(ec::cancelled) == health::unknown);
  CHECK(health_of(ec::denied) == health::unknown);
  CHECK(health_of(ec::provider_auth) == health::fails);
  CHECK(health_of(ec::provider_rate_limited) == health::fails);
}

TEST_CASE("who asks to come back later is left alone for so long") {
  breaker_rule rule;
  breaker x;
  one_call(x, rule, ec::provider_rate_limited, start, 42s);
  CHECK(x.state == breaker_state::open);
  CHECK(may_call(x, rule, start + 41s).wait == 1s);
  CHECK(may_call(x, rule, start + 42s).what == kind::probe);
  breaker y;
  one_call(y, rule, ec::provider_rate_limited, start, 24h);
  CHECK(may_call(y, rule, start).wait == rule.longest_cooldown);
}

TEST_CASE("probes close a breaker, or open it for longer") {
  breaker_rule rule;
  breaker x;
  auto now = start;
  open_by_failures(x, rule, now);
  for (auto cooldown : {5s, 10s, 20s, 40s, 80s, 160s, 300s, 300s}) {
    CHECK(may_call(x, rule, now).wait == cooldown);
    now += cooldown;
    CHECK(one_call(x, rule, ec::timeout, now) == kind::probe);
    CHECK(x.state == breaker_state::open);
  }
  now += 300s;
  CHECK(one_call(x, rule, ec::none, now) == kind::probe);
  CHECK(x.state == breaker_state::half_open);
  // A request that is refused shows as well that somebody is there.
  CHECK(one_call(x, rule, ec::provider_rejected, now) == kind::probe);
  CHECK(x.state == breaker_state::closed);
  CHECK(one_call(x, rule, ec::none, now) == kind::granted);
}

TEST_CASE("a breaker that opens soon again stays open for longer") {
  breaker_rule rule;
  rule.successes = 1;
  breaker x;
  open_by_failures(x, rule, start);
  one_call(x, rule, ec::none, start + 5s);
  CHECK(x.state == breaker_state::closed);
  open_by_failures(x, rule, start + 10s);
  CHECK(may_call(x, rule, start + 10s).wait == 10s);
  one_call(x, rule, ec::none, start + 20s);
  // After a while in peace all is forgotten.
  open_by_failures(x, rule, start + 10min);
  CHECK(may_call(x, rule, start + 10min).wait == 5s);
}

TEST_CASE("calls that began before a change say nothing") {
  breaker_rule rule;
  breaker x;
  auto early = may_call(x, rule, start);
  open_by_failures(x, rule, start);
  auto before = x;
  call_ended(x, rule, early, ec::none, {}, start + 1s);
  CHECK(x == before);
  auto probe = may_call(x, rule, start + 5s);
  CHECK(probe.what == kind::probe);
  call_ended(x, rule, early, ec::none, {}, start + 5s);
  CHECK(x.successes == 0);
  call_ended(x, rule, probe, ec::timeout, {}, start + 6s);
  CHECK(x.state == breaker_state::open);
  // Its end is told twice.
  auto reopened = x;
  call_ended(x, rule, probe, ec::none, {}, start + 7s);
  CHECK(x == reopened);
}

TEST_CASE("a probe that is never heard of again makes room for another") {
  breaker_rule rule;
  breaker x;
  open_by_failures(x, rule, start);
  auto lost = may_call(x, rule, start + 5s);
  CHECK(lost.what == kind::probe);
  CHECK(may_call(x, rule, start + 6s).what == kind::refused);
  auto second = may_call(x, rule, start + 125s);
  CHECK(second.what == kind::probe);
  // The first comes back late, and does not free the place of the second.
  call_ended(x, rule, lost, ec::cancelled, {}, start + 126s);
  CHECK(may_call(x, rule, start + 126s).what == kind::refused);
  call_ended(x, rule, second, ec::cancelled, {}, start + 127s);
  CHECK(may_call(x, rule, start + 127s).what == kind::probe);
}

TEST_CASE("to look does not take a probe's place") {
  breaker_rule rule;
  breaker x;
  open_by_failures(x, rule, start);
  CHECK(!would_let(x, rule, start));
  CHECK(would_let(x, rule, start + 5s));
  CHECK(would_let(x, rule, start + 5s));
  CHECK(x.state == breaker_state::open);
}

TEST_CASE("nodes agree about what they tell each other") {
  breaker_rule rule;
  breaker here;
  breaker there;
  open_by_failures(here, rule, start);
  hear(there, rule, signal_of(here, "p", "m"), start + 1s);
  CHECK(there.state == breaker_state::open);
  CHECK(may_call(there, rule, start + 1s).wait == 4s);
  CHECK(signal_of(there, "p", "m") == signal_of(here, "p", "m"));
  // To hear it again changes nothing.
  auto before = there;
  hear(there, rule, signal_of(here, "p", "m"), start + 2s);
  CHECK(there == before);
  // One of them finds out that it works.
  one_call(there, rule, ec::none, start + 5s);
  CHECK(signal_of(there, "p", "m").state == breaker_state::open);
  one_call(there, rule, ec::none, start + 6s);
  hear(here, rule, signal_of(there, "p", "m"), start + 7s);
  CHECK(here.state == breaker_state::closed);
  // Old news.
  hear(here, rule, signal_of(before, "p", "m"), start + 8s);
  CHECK(here.state == breaker_state::closed);
}

TEST_CASE("news from a clock that is wrong do little harm") {
  breaker_rule rule;
  breaker x;
  breaker_signal lie{"p",         "m",         breaker_state::open,
                     start + 24h, start + 48h, UINT32_MAX};
  hear(x, rule, lie, start);
  CHECK(may_call(x, rule, start).wait == rule.longest_cooldown);
  CHECK(may_call(x, rule, start + rule.longest_cooldown).what == kind::probe);
  breaker y;
  lie.state = breaker_state::closed;
  hear(y, rule, lie, start);
  auto once = y;
  hear(y, rule, lie, start);
  CHECK(y == once);
}

TEST_CASE("in whatever order nodes hear of it, they agree in the end") {
  CHECK(rc::check([] {
    breaker_rule rule;
    auto now = start + 1h;
    std::vector<breaker_signal> news;
    for (auto left = test::draw(1, 8); left > 0; --left) {
      breaker_signal x;
      x.state = static_cast<breaker_state>(test::draw(0, 3));
      x.changed = start + std::chrono::seconds{test::draw(0, 20)};
      x.until = x.changed + std::chrono::seconds{test::draw(0, 5)};
      x.openings = test::draw<uint32_t>(0, 3);
      news.push_back(x);
    }
    breaker one;
    for (auto& x : news)
      hear(one, rule, x, now);
    for (size_t i = news.size() - 1; i > 0; --i)
      std::swap(news[i], news[test::draw<size_t>(0, i + 1)]);
    breaker other;
    for (auto& x : news)
      hear(other, rule, x, now);
    for (auto& x : news)
      hear(other, rule, x, now);
    RC_ASSERT(signal_of(one, "", "") == signal_of(other, "", ""));
  }));
}

TEST_CASE("no more probes are under way than there may be") {
  CHECK(rc::check([] {
    breaker_rule rule;
    rule.probes = test::draw<uint32_t>(1, 4);
    rule.failures_in_a_row = test::draw<uint32_t>(1, 4);
    rule.successes = test::draw<uint32_t>(1, 4);
    breaker x;
    auto now = start;
    struct call {
      permission with;
      timestamp began;
    };
    std::vector<call> open;
    for (auto left = test::draw(1, 200); left > 0; --left) {
      now += duration{test::draw(0, 4'000)};
      if (test::chance(20))
        hear(x, rule,
             {"p", "m", static_cast<breaker_state>(test::draw(0, 2)), now,
              now + 3s, 1},
             now);
      if (test::chance(2)) {
        auto asked = may_call(x, rule, now);
        RC_ASSERT(asked.what == kind::refused || asked.epoch == x.epoch);
        if (asked.what == kind::refused)
          RC_ASSERT(asked.wait.count() > 0);
        else
          open.push_back({asked, now});
      } else if (!open.empty()) {
        auto i = test::draw<size_t>(0, open.size());
        auto code = test::chance(2) ? ec::none : ec::provider_failed;
        call_ended(x, rule, open[i].with, code, {}, now);
        open.erase(open.begin() + static_cast<ptrdiff_t>(i));
      }
      auto probes = std::count_if(open.begin(), open.end(), [&](auto& y) {
        return y.with.what == kind::probe && y.with.epoch == x.epoch
            && y.began + rule.probe_timeout > now;
      });
      RC_ASSERT(probes <= static_cast<int64_t>(rule.probes));
      RC_ASSERT(x.probes.size() <= rule.probes);
    }
  }));
}
