#include "tests/bench/models/game.hpp"

#include "tests/bench/report.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace machine;
using namespace machine::bench;

/// What `bench_models` shows, with margins: it measures what is lost, and no
/// time, so that it is the same on every machine.

namespace {

constexpr uint64_t worlds = 20;

struct seen_games {
  std::vector<double> lost;
  std::vector<double> beside_fixed;
  std::vector<double> beside_catalogue;
  std::vector<double> beside_cheapest;
  /// In the first and in the fourth thousand calls, all worlds together.
  double first = 0;
  double fourth = 0;
  std::vector<double> adapts;
  std::vector<double> recovers;
  micro_usd dearest_exploring = 0;
};

seen_games play_all(const models::routing_policy& policy) {
  seen_games result;
  for (uint64_t seed = 1; seed <= worlds; ++seed) {
    world x{seed};
    auto game = play_learner(x, policy, seed);
    auto fixed = 1e9;
    for (auto& name : x.names())
      fixed = std::min(fixed, play_fixed(x, policy, name).lost());
    result.lost.push_back(game.lost());
    result.beside_fixed.push_back(game.lost() / fixed);
    result.beside_catalogue.push_back(game.lost()
                                      / play_ranked(x, policy).lost());
    result.beside_cheapest.push_back(game.lost()
                                     / play_cheapest(x, policy).lost());
    result.first += game.lost(0, 1'000);
    result.fourth += game.lost(3'000, 4'000);
    result.adapts.push_back(static_cast<double>(adaptation_time(
      game, play_stubborn(x, policy, degrades_at), degrades_at, recovers_at)));
    result.recovers.push_back(static_cast<double>(
      adaptation_time(game, play_stubborn(x, policy, recovers_at), recovers_at,
                      calls_of_world)));
    result.dearest_exploring =
      std::max(result.dearest_exploring, game.exploring);
  }
  return result;
}

} // namespace

TEST_CASE("who learns loses less and less, and adapts to what changes") {
  auto policy = policy_of_game();
  auto seen = play_all(policy);
  // Less than who had known which single model is best.
  CHECK(median(seen.beside_fixed) < 0.7);
  CHECK(median(seen.beside_catalogue) < 0.5);
  CHECK(median(seen.beside_cheapest) < 0.2);
  CHECK(quantile(seen.beside_cheapest, 1) < 0.4);
  // While nothing changes, what is lost grows slower than the calls.
  CHECK(seen.fourth < 0.7 * seen.first);
  CHECK(quantile(seen.adapts, 1) <= 500);
  CHECK(median(seen.adapts) < 200);
  CHECK(median(seen.recovers) < 200);
  // 10,000 calls, one a second, are less than three hours.
  CHECK(seen.dearest_exploring <= 3 * policy.exploration.budget);
}

TEST_CASE("without exploring no money goes into it, and it still adapts") {
  auto policy = policy_of_game();
  policy.exploration.on = false;
  world x{1};
  auto game = play_learner(x, policy, 1);
  CHECK(game.explored == 0);
  CHECK(game.exploring == 0);
  CHECK(adaptation_time(game, play_stubborn(x, policy, degrades_at),
                        degrades_at, recovers_at)
        <= 500);
}

TEST_CASE("a world is the same whenever it is looked at") {
  world x{3};
  world y{3};
  CHECK(x.victim() == y.victim());
  for (size_t i = 0; i < 50; ++i) {
    auto asked = x.call(i);
    CHECK(asked.needs.job == y.call(i).needs.job);
    CHECK(x.answer("haiku", asked, i) == y.answer("haiku", asked, i));
  }
  auto before = x.truth(x.victim(), x.call(0), 0).quality;
  CHECK(x.truth(x.victim(), x.call(0), degrades_at).quality < before / 2);
  CHECK(x.truth(x.victim(), x.call(0), recovers_at).quality == before);
}
