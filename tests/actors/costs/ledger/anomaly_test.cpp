#include "actors/costs/ledger/anomaly.hpp"

#include "tests/actors/costs/ledger/ledger_under_test.hpp"

#include <rapidcheck.h>

#include <cmath>
#include <random>

using namespace machine;
using namespace machine::test;

namespace {

constexpr micro_usd dollar = 1'000'000;
constexpr int64_t week = 7 * 24;

/// A Monday at midnight.
constexpr int64_t start = 500'016;

/// Spending by the hour since *start*; hours of nothing are left out.
template <class Fn>
std::vector<spending_bucket> series(int64_t hours, Fn amount) {
  std::vector<spending_bucket> result;
  for (int64_t i = 0; i < hours; ++i)
    if (auto x = static_cast<micro_usd>(amount(i)); x > 0)
      result.push_back({start + i, x});
  auto old = [&](auto& x) {
    return x.number <= result.back().number - static_cast<int64_t>(max_hours);
  };
  std::erase_if(result, old);
  return result;
}

/// Judges every hour of *amount* as a ledger does, and counts the anomalies.
template <class Fn>
size_t anomalies(int64_t hours, Fn amount) {
  auto all = series(hours, amount);
  size_t found = 0;
  std::vector<spending_bucket> seen;
  for (auto& x : all) {
    seen.push_back(x);
    found += find_anomaly(seen, start) ? 1 : 0;
  }
  return found;
}

bool in_working_hours(int64_t hour) {
  return hour % week < 5 * 24 && hour % 24 >= 9 && hour % 24 < 17;
}

/// Spends *amount* in the hour that it is.
void spend(ledger_under_test& it, uint64_t number, micro_usd amount) {
  it.exchange(
    {"n-1", number, {line_of(number, amount, {})}, {}, max_lease_time});
}

/// As many hours of two dollars as make it know what is usual.
uint64_t spend_for_days(ledger_under_test& it) {
  uint64_t number = 0;
  for (int64_t i = 0; i < min_anomaly_age; ++i) {
    spend(it, ++number, 2 * dollar);
    it.pass(duration{3'600'000});
  }
  return number;
}

size_t told(const ledger_under_test& it) {
  return static_cast<size_t>(
    std::count_if(it.log.begin(), it.log.end(), [](auto& x) {
      return std::holds_alternative<spend_anomaly>(x);
    }));
}

} // namespace

TEST_CASE("ten times the usual is an anomaly") {
  auto hours = series(100, [](int64_t i) {
    return i == 99 ? 50 * dollar : (4 + i % 3) * dollar;
  });
  auto found = find_anomaly(hours, start);
  REQUIRE(found);
  CHECK(found->hour == begin_of_hour(start + 99));
  CHECK(found->spent == 50 * dollar);
  CHECK(found->usual == 5 * dollar);
  // ln 10 * 0.6745 / ln 1.25, for the deviations are below the floor.
  CHECK(found->z == Approx(6.96).margin(0.01));
}

TEST_CASE("an anomaly does not hide the next") {
  auto hours =
    series(100, [](int64_t i) { return i >= 97 ? 50 * dollar : 5 * dollar; });
  CHECK(find_anomaly(hours, start));
}

TEST_CASE("what grows slowly is no anomaly") {
  CHECK(anomalies(60 * 24,
                  [](int64_t i) {
                    return dollar * std::pow(1.03, static_cast<double>(i) / 24);
                  })
        == 0);
}

TEST_CASE("what wavers is hardly ever an anomaly") {
  // A third of the hours is beyond a factor of 2.7 of the usual. Of so many
  // hours of a normal distribution one is 3.5 deviations above it.
  for (uint32_t seed = 1; seed <= 5; ++seed) {
    std::mt19937 draw{seed};
    std::normal_distribution<double> normal;
    CHECK(
      anomalies(60 * 24,
                [&](int64_t) { return 5 * dollar * std::exp(normal(draw)); })
      <= 4);
  }
}

TEST_CASE("nothing is an anomaly in the first days") {
  for (int64_t hours : {1, 2, 24, 72})
    CHECK(!find_anomaly(series(hours,
                               [&](int64_t i) {
                                 return i + 1 == hours ? 1'000 * dollar
                                                       : dollar;
                               }),
                        start));
}

TEST_CASE("hours without spending say nothing") {
  SECTION("a long pause ends with what was usual before") {
    auto hours = series(15 * 24, [](int64_t i) {
      return i < 5 * 24 || i == 15 * 24 - 1 ? 5 * dollar : 0;
    });
    CHECK(!find_anomaly(hours, start));
    hours.back().amount = 100 * dollar;
    CHECK(find_anomaly(hours, start));
  }
  SECTION("somebody who never spent begins to") {
    CHECK(!find_anomaly({{start + 1'000, 500 * dollar}}, start));
    CHECK(
      !find_anomaly({{start, dollar}, {start + 1'000, 500 * dollar}}, start));
  }
  SECTION("work has its hours") {
    auto work = [](int64_t i) { return in_working_hours(i) ? 8 * dollar : 0; };
    CHECK(anomalies(8 * week, work) == 0);
  }
}

TEST_CASE("an hour is compared with its own in other weeks") {
  // A dollar at night, and a hundred on Mondays before work begins.
  auto usual = [](int64_t i) {
    auto of_week = i % week;
    return of_week == 7 || of_week == 8 ? 100 * dollar
         : in_working_hours(i)          ? 10 * dollar
                                        : dollar;
  };
  SECTION("a large batch at its hour is none") {
    CHECK(!find_anomaly(series(3 * week + 9, usual), start));
  }
  SECTION("what is usual at noon is one at night") {
    auto hours = series(3 * week + 27, [&](int64_t i) {
      return i == 3 * week + 26 ? 10 * dollar : usual(i);
    });
    auto found = find_anomaly(hours, start);
    REQUIRE(found);
    CHECK(found->usual == dollar);
  }
}

TEST_CASE("a few cents are no anomaly") {
  CHECK(!find_anomaly(
    series(200, [](int64_t i) { return i == 199 ? dollar : 1'000; }), start));
}

TEST_CASE("any hours can be judged") {
  CHECK(
    rc::check([](std::vector<uint32_t> steps, std::vector<uint64_t> amounts) {
      std::vector<spending_bucket> hours;
      auto number = start;
      for (size_t i = 0; i < std::min(steps.size(), amounts.size()); ++i)
        hours.push_back({number += 1 + steps[i] % 30,
                         static_cast<micro_usd>(amounts[i] >> 2)});
      auto found = find_anomaly(hours, start);
      RC_ASSERT(!found || found->spent > found->usual);
      RC_ASSERT(!found || std::isfinite(found->z));
    }));
}

TEST_CASE("a ledger tells once of an hour that has ended") {
  ledger_under_test it;
  auto number = spend_for_days(it);
  CHECK(told(it) == 0);
  spend(it, ++number, 60 * dollar);
  auto end = begin_of_hour(hour_of(it.ctx.now) + 1);
  CHECK(ledger::wake_at(it.state) == end);
  it.pass(duration{60'000});
  spend(it, ++number, dollar);
  CHECK(told(it) == 0);
  SECTION("by itself") {
    it.ctx.now = end;
    REQUIRE(!it.give(look_at_leases{}));
    CHECK(told(it) == 1);
  }
  SECTION("with what is booked in the next one, which it does not hide") {
    it.ctx.now = end;
    spend(it, ++number, 2 * dollar);
    CHECK(told(it) == 1);
  }
  SECTION("not with what is refused") {
    it.ctx.now = end;
    CHECK(it.give(remove_budget{"none"}));
    CHECK(told(it) == 0);
    REQUIRE(!it.give(close_run{"r-1"}));
    CHECK(told(it) == 1);
  }
  auto found = std::find_if(it.log.begin(), it.log.end(), [](auto& x) {
    return std::holds_alternative<spend_anomaly>(x);
  });
  auto& event = std::get<spend_anomaly>(*found);
  CHECK(event.hour == end - std::chrono::hours{1});
  CHECK(event.spent == 61 * dollar);
  CHECK(event.usual == 2 * dollar);
  auto news = ledger::announce(it.state, {event}, it.ctx);
  REQUIRE(news.size() == 1);
  CHECK(news[0].topic == "costs");
  CHECK(news[0].what.type == "costs.anomaly");
  it.pass(duration{60'000});
  REQUIRE(!it.give(look_at_leases{}));
  CHECK(told(it) == 1);
  CHECK(ledger::wake_at(it.state) != end);
}

TEST_CASE("a snapshot from before anomalies reads") {
  auto old = wire::from_json<ledger_state>(
    R"({"budgets":{},"budgets_version":"0","nodes":{},"runs":{},"closed":[],)"
    R"("spent":"7","calls":"1","hours":[{"number":"5","amount":"7"}]})");
  REQUIRE(old);
  CHECK(!old->first_hour);
  CHECK(ledger::wake_at(*old) == std::nullopt);
}
