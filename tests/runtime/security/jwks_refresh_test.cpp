#include "runtime/security/jwks_refresh.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <ostream>
#include <vector>

using namespace machine;
using namespace machine::security;
using namespace std::chrono_literals;

namespace machine::security {

std::ostream& operator<<(std::ostream& out, jwks_decision x) {
  return out << static_cast<int>(x);
}

} // namespace machine::security

namespace {

using enum jwks_decision;

constexpr auto known = key_lookup::known;
constexpr auto unknown = key_lookup::unknown;
constexpr timestamp moment_zero{std::chrono::seconds{1'700'000'000}};

/// Keys that came at `moment_zero` and are good for an hour.
jwks_state fetched() {
  return fetch_succeeded({}, 1h, moment_zero);
}

} // namespace

TEST_CASE("without keys they are fetched at once") {
  CHECK(decide({}, known, moment_zero) == fetch_now);
  CHECK(decide({}, unknown, moment_zero) == fetch_now);
}

TEST_CASE("keys are used until they are old, and then fetched beside it") {
  CHECK(decide(fetched(), known, moment_zero) == use);
  CHECK(decide(fetched(), known, moment_zero + 1h - 1ms) == use);
  CHECK(decide(fetched(), known, moment_zero + 1h) == fetch_in_background);
  CHECK(decide(fetched(), known, moment_zero + 1h + jwks_times::grace - 1ms)
        == fetch_in_background);
  CHECK(decide(fetched(), known, moment_zero + 1h + jwks_times::grace)
        == fetch_now);
}

TEST_CASE("the issuer's max-age counts within bounds") {
  struct row {
    std::optional<duration> said;
    duration age;
  };
  for (auto& x :
       {row{0s, 5min}, row{-1s, 5min}, row{duration::min(), 5min},
        row{5min, 5min}, row{6min, 6min}, row{24h, 24h}, row{25h, 24h},
        row{duration::max(), 24h}, row{std::nullopt, 1h}}) {
    auto state = fetch_succeeded({}, x.said, moment_zero);
    CHECK(decide(state, known, moment_zero + x.age - 1ms) == use);
    CHECK(decide(state, known, moment_zero + x.age) == fetch_in_background);
  }
}

TEST_CASE("a key that is not known causes one fetch a minute") {
  auto state = fetched();
  CHECK(decide(state, unknown, moment_zero + 1s) == fetch_now);
  state = begin_fetch(state, unknown, moment_zero + 1s);
  // Others with the same new key wait for the same fetch.
  CHECK(decide(state, unknown, moment_zero + 2s) == fetch_now);
  CHECK(begin_fetch(state, unknown, moment_zero + 2s) == state);
  CHECK(decide(state, known, moment_zero + 2s) == use);
  state = fetch_succeeded(state, 1h, moment_zero + 3s);
  CHECK(decide(state, unknown, moment_zero + 4s) == use);
  CHECK(decide(state, unknown, moment_zero + 61s - 1ms) == use);
  CHECK(decide(state, unknown, moment_zero + 61s) == fetch_now);
}

TEST_CASE("a key that is not known waits out a failure") {
  auto state = begin_fetch(fetched(), unknown, moment_zero);
  for (int i = 0; i < 7; ++i)
    state = fetch_failed(state, moment_zero);
  CHECK(decide(state, unknown, moment_zero + 61s) == use);
  CHECK(decide(state, unknown, moment_zero + jwks_times::max_pause)
        == fetch_now);
}

TEST_CASE("old keys stay good while fetches fail, and not for ever") {
  auto state = fetched();
  auto now = moment_zero + 1h;
  for (; now < moment_zero + 1h + jwks_times::grace; now += 10min) {
    CHECK(decide(state, known, now) == fetch_in_background);
    state = fetch_failed(begin_fetch(state, known, now), now + 1s);
    CHECK(decide(state, known, now + 2s) == use);
  }
  state = fetch_failed(state, now);
  CHECK(decide(state, known, now) == refuse);
  CHECK(decide(state, unknown, now) == refuse);
  CHECK(decide(state, known, now + jwks_times::max_pause) == fetch_now);
  state = fetch_succeeded(state, 1h, now + 10min);
  CHECK(decide(state, known, now + 10min) == use);
}

TEST_CASE("the pause doubles with each failure, up to the maximum") {
  jwks_state state;
  for (auto pause : {5s, 10s, 20s, 40s, 80s, 160s, 300s, 300s}) {
    state = fetch_failed(state, moment_zero);
    CHECK(decide(state, known, moment_zero + pause - 1ms) == refuse);
    CHECK(decide(state, known, moment_zero + pause) == fetch_now);
  }
  for (int i = 0; i < 5'000; ++i)
    state = fetch_failed(state, moment_zero);
  CHECK(decide(state, known, moment_zero + 300s - 1ms) == refuse);
  CHECK(decide(state, known, moment_zero + 300s) == fetch_now);
  // A success begins anew.
  state = fetch_failed(fetch_succeeded(state, 5min, moment_zero), moment_zero);
  CHECK(decide(state, known, moment_zero + 25h) == fetch_now);
  CHECK(state.failures == 1);
}

TEST_CASE("a failure is forgotten once a fetch succeeds") {
  auto state =
    fetch_succeeded(fetch_failed({}, moment_zero), 1h, moment_zero + 1s);
  CHECK(state == fetch_succeeded({}, 1h, moment_zero + 1s));
  CHECK(decide(state, unknown, moment_zero + 2s) == fetch_now);
}

TEST_CASE("a fetch that nobody hears of again is begun anew") {
  auto state = begin_fetch({}, known, moment_zero);
  CHECK(begin_fetch(state, known, moment_zero + 29s) == state);
  auto later = begin_fetch(state, known, moment_zero + 30s);
  CHECK(later.begun_at == moment_zero + 30s);
  state = begin_fetch(fetched(), known, moment_zero + 1h);
  CHECK(decide(state, known, moment_zero + 1h) == use);
  CHECK(decide(state, known, moment_zero + 1h + 30s) == fetch_in_background);
}

TEST_CASE("a clock that is set back stops nothing") {
  auto earlier = moment_zero - 24h * 365;
  CHECK(decide(fetched(), known, earlier) == fetch_in_background);
  CHECK(decide(fetch_failed({}, moment_zero), known, earlier) == fetch_now);
  CHECK(decide(begin_fetch(fetched(), unknown, moment_zero), unknown, earlier)
        == fetch_now);
  CHECK(
    begin_fetch(begin_fetch({}, known, moment_zero), known, earlier).begun_at
    == earlier);
}

TEST_CASE("whatever happens, fetches are few and no key is used too long") {
  CHECK(rc::check([] {
    jwks_state state;
    auto now = moment_zero;
    std::vector<timestamp> begun;
    std::vector<timestamp> because_unknown;
    std::optional<timestamp> good_until;
    auto steps = *rc::gen::inRange(1, 200);
    for (int i = 0; i < steps; ++i) {
      now += std::chrono::seconds{*rc::gen::weightedElement<int>(
        {{8, 0}, {8, 1}, {4, 7}, {4, 61}, {2, 700}, {1, 50'000}})};
      auto lookup = *rc::gen::element(known, unknown);
      auto decision = decide(state, lookup, now);
      auto is_good = good_until && now < *good_until;
      if (decision == use || decision == fetch_in_background)
        RC_ASSERT(is_good);
      if (decision == refuse)
        RC_ASSERT(!is_good);
      if (decision == fetch_now || decision == fetch_in_background) {
        auto next = begin_fetch(state, lookup, now);
        if (next != state) {
          if (lookup == unknown && is_good)
            because_unknown.push_back(now);
          begun.push_back(now);
        }
        state = next;
      }
      auto outcome = *rc::gen::inRange(0, 4);
      if (state.begun_at && outcome == 1) {
        state = fetch_failed(state, now);
      } else if (state.begun_at && outcome == 2) {
        state = fetch_succeeded(state, 1h, now);
        good_until = now + 1h + jwks_times::grace;
      }
    }
    for (size_t i = 1; i < because_unknown.size(); ++i)
      RC_ASSERT(because_unknown[i] - because_unknown[i - 1]
                >= jwks_times::unknown_key_interval);
    // One may be because of an unknown key, another because of age.
    for (size_t i = 2; i < begun.size(); ++i)
      RC_ASSERT(begun[i] - begun[i - 2] >= jwks_times::first_pause);
  }));
}
