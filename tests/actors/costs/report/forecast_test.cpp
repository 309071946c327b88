#include "actors/costs/report/forecast.hpp"

#include "actors/costs/ledger/anomaly.hpp"
#include "tests/actors/costs/report/spending.hpp"

#include <catch2/catch.hpp>

#include <cmath>

using namespace machine;
using namespace machine::test;

namespace {

/// Some minutes into an hour.
constexpr timestamp now = noon + std::chrono::minutes{20};

/// A ledger whose last hours cost *hours*, the newest last.
ledger_state spent(const std::vector<micro_usd>& hours) {
  ledger_state x;
  auto number = hour_of(now) - static_cast<int64_t>(hours.size());
  x.first_hour = number;
  for (auto amount : hours) {
    if (amount > 0)
      x.hours.push_back({number, amount});
    ++number;
  }
  return x;
}

budget_state budget_of(micro_usd limit, micro_usd settled,
                       budget_window window = budget_window::total) {
  budget_state x;
  x.what.id = "b";
  x.what.limit = limit;
  x.what.window = window;
  if (window == budget_window::rolling)
    x.what.length = duration{86'400'000};
  x.since = now - std::chrono::hours{24 * 365};
  x.sum.period = period_of(x.what, now);
  x.sum.settled = settled;
  return x;
}

std::vector<micro_usd> steady(size_t hours, micro_usd amount) {
  return std::vector<micro_usd>(hours, amount);
}

} // namespace

TEST_CASE("what is spent evenly ends when it must") {
  auto x = forecast_of(budget_of(100 * dollar, 60 * dollar),
                       spent(steady(100, 2 * dollar)), now);
  CHECK(x.outlook == outlook::runs_out);
  CHECK(x.rate == 2 * dollar);
  CHECK(x.rate_low == x.rate);
  CHECK(x.rate_high == x.rate);
  CHECK(x.at == now + std::chrono::hours{20});
  CHECK(x.earliest == x.at);
  CHECK(x.latest == x.at);
  CHECK(x.hours == 100);
}

TEST_CASE("a window that ends first is long enough") {
  auto hours = spent(steady(100, 2 * dollar));
  // It is twenty past ten: there are fourteen hours left of the day.
  auto x = forecast_of(budget_of(100 * dollar, 60 * dollar, budget_window::day),
                       hours, now);
  CHECK(x.outlook == outlook::lasts);
  CHECK(!x.at);
  x = forecast_of(budget_of(100 * dollar, 80 * dollar, budget_window::day),
                  hours, now);
  CHECK(x.outlook == outlook::runs_out);
  CHECK(x.at == now + std::chrono::hours{10});
}

TEST_CASE("the interval says where the end may be") {
  std::vector<micro_usd> hours;
  for (int i = 0; i < 160; ++i)
    hours.push_back(i % 2 == 0 ? dollar : 3 * dollar);
  auto x = forecast_of(budget_of(100 * dollar, 0), spent(hours), now);
  REQUIRE(x.at);
  REQUIRE(x.earliest);
  REQUIRE(x.latest);
  CHECK(*x.earliest < *x.at);
  CHECK(*x.at < *x.latest);
  CHECK(x.rate_low < 2 * dollar);
  CHECK(x.rate_high > 2 * dollar);
}

TEST_CASE("four of five intervals have the rate in them") {
  size_t hits = 0;
  constexpr int times = 1'000;
  uint64_t draw = 88'172'645'463'325'252;
  auto random = [&] {
    draw ^= draw << 13;
    draw ^= draw >> 7;
    draw ^= draw << 17;
    return static_cast<double>(draw >> 11) * 0x1p-53;
  };
  for (int i = 0; i < times; ++i) {
    std::vector<micro_usd> hours;
    for (int64_t h = 0; h < max_rate_hours; ++h)
      hours.push_back(static_cast<micro_usd>(random() * 2e6));
    auto rate = rate_of(hours);
    hits += rate.low <= 1e6 && 1e6 <= rate.high;
  }
  CHECK(hits > 0.75 * times);
  CHECK(hits < 0.85 * times);
}

TEST_CASE("the last hours weigh most") {
  auto hours = steady(100, dollar);
  for (size_t i = 76; i < 100; ++i)
    hours[i] = 3 * dollar;
  auto rate = rate_of(hours);
  CHECK(rate.mean > 1.9e6);
  CHECK(rate.mean < 2.2e6);
}

TEST_CASE("one dear hour says little about the next") {
  auto hours = steady(100, dollar);
  hours[99] = 1'000 * dollar;
  CHECK(rate_of(hours).mean < 1.2e6);
}

TEST_CASE("spending that has stopped goes on no more") {
  auto hours = steady(100, dollar);
  std::fill(hours.end() - 30, hours.end(), 0);
  auto x = forecast_of(budget_of(100 * dollar, 0), spent(hours), now);
  CHECK(x.outlook == outlook::idle);
  CHECK(!x.at);
  CHECK(forecast_of(budget_of(dollar, 0), ledger_state{}, now).outlook
        == outlook::idle);
}

TEST_CASE("hours of nothing count as such") {
  std::vector<micro_usd> hours;
  for (int i = 0; i < 168; ++i)
    hours.push_back(i % 4 == 0 ? 4 * dollar : 0);
  CHECK(rate_of(hours).mean == Approx(1e6).epsilon(0.1));
}

TEST_CASE("two hours are too little to tell") {
  CHECK(forecast_of(budget_of(100 * dollar, 0), spent(steady(2, dollar)), now)
          .outlook
        == outlook::unknown);
}

TEST_CASE("a budget without money left is used up") {
  CHECK(forecast_of(budget_of(dollar, dollar), spent(steady(99, dollar)), now)
          .outlook
        == outlook::used_up);
}

TEST_CASE("a budget of a part has its share of every hour") {
  auto x = budget_of(100 * dollar, 50 * dollar);
  x.what.scope = budget_scope::project;
  x.what.subject = "p";
  auto got = forecast_of(x, spent(steady(100, dollar)), now);
  CHECK(got.source == forecast_source::share_of_hours);
  CHECK(got.rate == dollar / 2);
  CHECK(got.at == now + std::chrono::hours{100});
  SECTION("none is known of a window that has just begun") {
    x.since = now - std::chrono::hours{1};
    CHECK(forecast_of(x, spent(steady(100, dollar)), now).outlook
          == outlook::unknown);
  }
}

TEST_CASE("what leaves a rolling window makes room") {
  auto x = budget_of(30 * dollar, 0, budget_window::rolling);
  x.sum = {};
  for (int64_t i = 0; i < 24; ++i)
    add(x.sum, x.what, dollar, now - std::chrono::hours{24 - i});
  CHECK(x.sum.settled == 24 * dollar);
  auto hours = spent(steady(100, dollar));
  CHECK(forecast_of(x, hours, now).outlook == outlook::lasts);
  // It is spent faster than it leaves.
  auto twice = spent(steady(100, 2 * dollar));
  auto got = forecast_of(x, twice, now);
  CHECK(got.outlook == outlook::runs_out);
  REQUIRE(got.at);
  CHECK(*got.at > now + std::chrono::hours{4});
  CHECK(*got.at < now + std::chrono::hours{8});
}

TEST_CASE("more than a year is for ever") {
  auto x = forecast_of(budget_of(1'000'000'000 * dollar, 0),
                       spent(steady(100, dollar)), now);
  CHECK(x.outlook == outlook::lasts);
}

TEST_CASE("anything can be forecast") {
  CHECK(rc::check([](std::vector<uint64_t> amounts, uint64_t limit,
                     uint64_t settled) {
    std::vector<micro_usd> hours;
    for (auto x : amounts)
      hours.push_back(static_cast<micro_usd>(x % 1'000'000'000'000'000));
    auto window = *rc::gen::element(budget_window::total, budget_window::month,
                                    budget_window::rolling);
    auto of =
      budget_of(static_cast<micro_usd>(limit % 1'000'000'000'000'000),
                static_cast<micro_usd>(settled % 1'000'000'000'000), window);
    auto x = forecast_of(of, spent(hours), now);
    RC_ASSERT(x.rate_low <= x.rate);
    RC_ASSERT(x.rate <= x.rate_high);
    RC_ASSERT(!x.at || *x.at >= now);
    RC_ASSERT(!x.at || !x.earliest || *x.earliest <= *x.at);
    RC_ASSERT(!x.at || !x.latest || *x.at <= *x.latest);
  }));
}
