#include "actors/costs/ledger/window.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <map>

using namespace machine;
using namespace machine::costs;

namespace {

timestamp utc(int year, unsigned month, unsigned day, int hour = 0) {
  return timestamp{std::chrono::sys_days{std::chrono::year{year}
                                         / std::chrono::month{month}
                                         / std::chrono::day{day}}}
       + std::chrono::hours{hour};
}

budget with(budget_window window) {
  budget x;
  x.window = window;
  if (window == budget_window::rolling)
    x.length = std::chrono::hours{24};
  return x;
}

} // namespace

TEST_CASE("days, weeks and months end where the calendar says") {
  auto day = with(budget_window::day);
  CHECK(end_of_window(day, utc(2026, 2, 28, 23)) == utc(2026, 3, 1));
  auto week = with(budget_window::week);
  // A Saturday.
  CHECK(end_of_window(week, utc(2026, 11, 28, 5)) == utc(2026, 11, 30));
  CHECK(end_of_window(week, utc(2026, 11, 30)) == utc(2026, 12, 7));
  auto month = with(budget_window::month);
  CHECK(end_of_window(month, utc(2026, 12, 31, 23)) == utc(2027, 1, 1));
  CHECK(end_of_window(month, utc(2024, 2, 29)) == utc(2024, 3, 1));
  CHECK(!end_of_window(with(budget_window::total), utc(2026, 1, 1)));
}

TEST_CASE("a new window begins with nothing") {
  for (auto window :
       {budget_window::day, budget_window::week, budget_window::month}) {
    auto of = with(window);
    window_sum x;
    auto now = utc(2026, 11, 28, 5);
    add(x, of, 10, now);
    add(x, of, 5, now + std::chrono::hours{1});
    CHECK(x.settled == 15);
    auto end = end_of_window(of, now);
    REQUIRE(end);
    roll(x, of, *end - std::chrono::microseconds{1});
    CHECK(x.settled == 15);
    roll(x, of, *end);
    CHECK(x.settled == 0);
    // A clock that goes back does not bring it back, and opens nothing.
    add(x, of, 3, now);
    CHECK(x.settled == 3);
  }
}

TEST_CASE(
  "a rolling window forgets no spending early, and at most a piece late") {
  CHECK(rc::check([] {
    auto of = with(budget_window::rolling);
    of.length = std::chrono::hours{*rc::gen::inRange(1, 100)};
    auto length = std::chrono::microseconds{*of.length};
    window_sum x;
    std::map<timestamp, micro_usd> all;
    auto now = utc(2026, 1, 1);
    auto count = *rc::gen::inRange(1, 60);
    for (int i = 0; i < count; ++i) {
      now += length * *rc::gen::inRange(0, 1'000) / 2'000;
      auto amount = *rc::gen::inRange(0, 1'000);
      add(x, of, amount, now);
      all[now] += amount;
      micro_usd within = 0;
      micro_usd nearly = 0;
      for (auto& [at, spent] : all) {
        within += at > now - length ? spent : 0;
        nearly += at > now - length - length / rolling_pieces * 2 ? spent : 0;
      }
      RC_ASSERT(x.settled >= within);
      RC_ASSERT(x.settled <= nearly);
      RC_ASSERT(x.buckets.size() <= rolling_pieces + 2);
    }
  }));
}

TEST_CASE("what is taken back leaves nothing below zero") {
  auto of = with(budget_window::rolling);
  window_sum x;
  auto now = utc(2026, 1, 1);
  add(x, of, 10, now);
  add(x, of, 5, now + std::chrono::hours{2});
  add(x, of, -12, now + std::chrono::hours{3});
  CHECK(x.settled == 3);
  roll(x, of, now + std::chrono::hours{26});
  CHECK(x.settled >= 0);
  CHECK(x.settled <= 3);
}

TEST_CASE("budgets concern those that they are for") {
  call_account whose{"p", "ann", "k", "r", "code", "m", {"red", "blue"}};
  auto is_for = [&](budget_scope scope, const std::string& subject) {
    budget x;
    x.scope = scope;
    x.subject = subject;
    return concerns(x, whose);
  };
  CHECK(is_for(budget_scope::tenant, ""));
  CHECK(is_for(budget_scope::project, "p"));
  CHECK(!is_for(budget_scope::project, "q"));
  CHECK(is_for(budget_scope::principal, "ann"));
  CHECK(is_for(budget_scope::key, "k"));
  CHECK(is_for(budget_scope::run, "r"));
  CHECK(is_for(budget_scope::agent, "code"));
  CHECK(is_for(budget_scope::model, "m"));
  CHECK(is_for(budget_scope::tag, "blue"));
  CHECK(!is_for(budget_scope::tag, "green"));
}
