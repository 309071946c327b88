#include "runtime/security/sign_in_guard.hpp"
#include "tests/runtime/security/samples.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <atomic>
#include <thread>
#include <vector>

using namespace machine;
using namespace machine::security;
using namespace machine::test;
using namespace std::chrono_literals;

namespace {

constexpr sign_in_rule guard_rule;

sign_in_state after_failures(uint32_t count) {
  sign_in_state x;
  for (; count > 0; --count)
    x = after_failure(x, guard_rule, start);
  return x;
}

/// How long has to be waited.
std::chrono::microseconds wait_of(const sign_in_state& x,
                                  timestamp now = start) {
  auto until = may_try(x, guard_rule, now);
  return until ? *until - now : 0us;
}

/// How often somebody may fail at one time.
int count_tries(sign_in_guard& x, std::string_view account,
                std::string_view address, timestamp now) {
  int result = 0;
  while (result < 1'000 && !x.begin(account, address, now))
    ++result;
  return result;
}

} // namespace

TEST_CASE("three failures are free, the next cost a second and then double") {
  for (uint32_t i = 0; i <= 3; ++i)
    CHECK(wait_of(after_failures(i)) == 0s);
  auto expected = 1s;
  for (uint32_t i = 4; i <= 13; ++i, expected *= 2)
    CHECK(wait_of(after_failures(i)) == expected);
  CHECK(wait_of(after_failures(14)) == 15min);
  CHECK(wait_of(after_failures(1'000)) == 15min);
}

TEST_CASE("after the time that it names it may be tried, and not before") {
  auto x = after_failures(6);
  auto until = may_try(x, guard_rule, start);
  REQUIRE(until == start + 4s);
  CHECK(may_try(x, guard_rule, *until - 1us) == until);
  CHECK(!may_try(x, guard_rule, *until));
}

TEST_CASE("after an hour of peace all is forgotten") {
  auto x = after_failures(20);
  CHECK(forgotten_from(x, guard_rule) == start + 1h);
  CHECK(after_failure(x, guard_rule, start + 1h - 1us).failures == 21);
  CHECK(after_failure(x, guard_rule, start + 1h).failures == 1);
  CHECK(as_of(x, guard_rule, start + 1h).failures == 0);
}

TEST_CASE("who guesses all day gets four guesses an hour, and a few") {
  sign_in_state x;
  int tries = 0;
  auto now = start;
  while (now < start + 24h) {
    if (auto until = may_try(x, guard_rule, now)) {
      now = *until;
      continue;
    }
    x = after_failure(x, guard_rule, now);
    ++tries;
  }
  CHECK(tries == 14 + 4 * 24 - 2);
}

TEST_CASE("a clock that goes back makes nobody wait for longer") {
  CHECK(rc::check([] {
    sign_in_state x;
    auto now = start;
    for (auto left = draw(0, 40); left > 0; --left) {
      now += std::chrono::seconds{draw(-10'000, 10'000)};
      RC_ASSERT(wait_of(x, now) <= 15min);
      x = after_failure(x, guard_rule, now);
    }
  }));
}

TEST_CASE("a rule without bounds ends, too") {
  sign_in_rule odd{0, 0ms, 1min, 1h};
  sign_in_state x{4'000'000'000, start};
  CHECK(!may_try(x, odd, start));
  odd.first_delay = 1ms;
  CHECK(may_try(x, odd, start) == start + 1min);
  x.failures = std::numeric_limits<uint32_t>::max();
  CHECK(after_failure(x, odd, start).failures == x.failures);
}

TEST_CASE("an account is slowed down from wherever it is tried") {
  sign_in_guard x{guard_rule, 1'000};
  for (int i = 0; i < 4; ++i)
    CHECK(!x.begin("alice", "192.0.2." + std::to_string(i), start));
  CHECK(x.begin("alice", "192.0.2.9", start) == start + 1s);
  CHECK(!x.begin("bob", "192.0.2.9", start));
}

TEST_CASE("an address is slowed down whatever account it tries") {
  sign_in_guard x{guard_rule, 1'000};
  for (int i = 0; i < 4; ++i)
    CHECK(!x.begin("user" + std::to_string(i), "192.0.2.1", start));
  CHECK(x.begin("user9", "192.0.2.1", start) == start + 1s);
  CHECK(!x.begin("user9", "192.0.2.2", start));
}

TEST_CASE("what may not be tried counts for nothing") {
  sign_in_guard x{guard_rule, 1'000};
  CHECK(count_tries(x, "alice", "192.0.2.1", start) == 4);
  for (int i = 0; i < 100; ++i) {
    CHECK(x.begin("alice", "192.0.2.1", start) == start + 1s);
    // Nor against the address of somebody else, who asks for that account.
    CHECK(x.begin("alice", "192.0.2.2", start) == start + 1s);
  }
  CHECK(!x.begin("alice", "192.0.2.1", start + 1s));
  CHECK(count_tries(x, "bob", "192.0.2.2", start) == 4);
}

TEST_CASE("a success clears the account, and its own try of the address") {
  sign_in_guard x{guard_rule, 1'000};
  for (int i = 0; i < 3; ++i)
    CHECK(!x.begin("alice", "192.0.2.1", start));
  CHECK(!x.begin("alice", "192.0.2.1", start));
  x.succeed("alice", "192.0.2.1", start);
  CHECK(count_tries(x, "alice", "192.0.2.2", start) == 4);
  // Three failures stand against the address.
  CHECK(count_tries(x, "bob", "192.0.2.1", start) == 1);
}

TEST_CASE("who signs in again and again is never slowed down") {
  sign_in_guard x{guard_rule, 1'000};
  for (int i = 0; i < 100; ++i) {
    REQUIRE(!x.begin("alice", "192.0.2.1", start));
    x.succeed("alice", "192.0.2.1", start);
  }
}

TEST_CASE("with an account of one's own nobody gets more guesses at others") {
  sign_in_guard x{guard_rule, 1'000};
  int guesses = 0;
  for (int i = 0; i < 100; ++i) {
    if (!x.begin("victim" + std::to_string(i), "192.0.2.1", start))
      ++guesses;
    if (!x.begin("mallory", "192.0.2.1", start))
      x.succeed("mallory", "192.0.2.1", start);
  }
  CHECK(guesses == 4);
}

TEST_CASE("when there is no room newcomers share what they have failed") {
  sign_in_guard x{guard_rule, 1};
  CHECK(!x.begin("first", "192.0.2.1", start));
  for (int i = 0; i < 4; ++i) {
    auto n = std::to_string(i);
    CHECK(!x.begin("user" + n, "198.51.100." + n, start));
  }
  CHECK(x.begin("another", "198.51.100.9", start) == start + 1s);
  CHECK(!x.begin("first", "192.0.2.1", start));
}

TEST_CASE("a success of one of those takes no failure from the others") {
  sign_in_guard x{guard_rule, 1};
  CHECK(!x.begin("first", "192.0.2.1", start));
  for (int i = 0; i < 4; ++i)
    CHECK(!x.begin("user" + std::to_string(i), "198.51.100.1", start));
  x.succeed("user0", "198.51.100.1", start);
  // Three are left of both. Those of addresses go, so that accounts decide.
  for (int i = 0; i < 3; ++i)
    x.succeed("first", "198.51.100.1", start);
  CHECK(!x.begin("first", "192.0.2.1", start));
  CHECK(!x.begin("another", "198.51.100.1", start));
  CHECK(x.begin("another", "198.51.100.1", start) == start + 1s);
}

TEST_CASE("what came to no verdict counts for nothing") {
  sign_in_guard x{guard_rule, 1'000};
  for (int i = 0; i < 100; ++i) {
    REQUIRE(!x.begin("alice", "192.0.2.1", start));
    x.withdraw("alice", "192.0.2.1", start);
  }
  CHECK(count_tries(x, "alice", "192.0.2.1", start) == 4);
}

TEST_CASE("who tries at the same time gets no more tries") {
  sign_in_guard x{guard_rule, 1'000};
  std::atomic<int> tries = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 500; ++i)
        if (!x.begin("alice", std::to_string(t) + "." + std::to_string(i),
                     start))
          ++tries;
    });
  for (auto& thread : threads)
    thread.join();
  CHECK(tries == 4);
}
