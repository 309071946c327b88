#include "tests/bench/models/game.hpp"

#include "actors/models/constraints.hpp"

#include <numeric>

namespace machine::bench {

namespace {

models::decision only(const std::string& model) {
  models::decision result;
  result.candidates.emplace_back().model = model;
  return result;
}

std::string best_of(const world& x, const models::routing_policy& policy,
                    const world_call& asked, size_t i) {
  std::string best;
  auto most = -1e9;
  for (auto& name : x.names())
    if (auto value = worth(policy, x.truth(name, asked, i)); value > most) {
      most = value;
      best = name;
    }
  return best;
}

} // namespace

double game::lost(size_t first, size_t last) const {
  return std::accumulate(regret.begin() + static_cast<ptrdiff_t>(first),
                         regret.begin() + static_cast<ptrdiff_t>(last), 0.0);
}

models::routing_policy policy_of_game() {
  models::routing_policy result;
  result.minimum_quality = 0;
  result.exploration.budget = 1'000'000;
  return result;
}

game play(const world& x, const models::routing_policy& policy,
          const player& who) {
  game result;
  for (size_t i = 0; i < calls_of_world; ++i) {
    auto asked = x.call(i);
    auto chosen = who.choose(asked, i);
    auto& model = chosen.candidates.front().model;
    auto truth = x.truth(model, asked, i);
    auto best = worth(policy, x.truth(best_of(x, policy, asked, i), asked, i));
    result.regret.push_back(best - worth(policy, truth));
    result.cost += truth.cost;
    result.good += truth.quality;
    result.latency_s += static_cast<double>(truth.latency.count()) / 1'000;
    result.exploring += chosen.exploration_cost;
    result.explored += chosen.candidates.front().explored ? 1 : 0;
    who.learn(model, x.answer(model, asked, i));
  }
  return result;
}

game play_learner(const world& x, const models::routing_policy& policy,
                  uint64_t seed) {
  models::learner knows;
  models::signals now;
  models::random_bits bits{seed};
  player who;
  who.choose = [&](const world_call& asked, size_t i) {
    now.now = timestamp{std::chrono::seconds{1'700'000'000 + i}};
    auto chosen = rank(x.known(), asked.needs, policy, knows, now, bits.next());
    if (chosen->exploration_cost > 0)
      spend_on_exploring(now.explored, policy.exploration,
                         chosen->exploration_cost, now.now);
    return std::move(*chosen);
  };
  who.learn = [&](const std::string& model, const models::observation& what) {
    observe(knows, x.known().models.at(model), what);
  };
  return play(x, policy, who);
}

game play_ranked(const world& x, const models::routing_policy& policy) {
  player who;
  who.choose = [&](const world_call& asked, size_t) {
    auto greedy = policy;
    greedy.exploration.on = false;
    return std::move(*rank(x.known(), asked.needs, greedy, {}, {}, 0));
  };
  return play(x, policy, who);
}

game play_fixed(const world& x, const models::routing_policy& policy,
                const std::string& model) {
  player who;
  who.choose = [&](const world_call&, size_t) { return only(model); };
  return play(x, policy, who);
}

game play_cheapest(const world& x, const models::routing_policy& policy) {
  player who;
  who.choose = [&](const world_call& asked, size_t) {
    return std::move(*select(x.known(), asked.needs));
  };
  return play(x, policy, who);
}

game play_stubborn(const world& x, const models::routing_policy& policy,
                   size_t of) {
  player who;
  who.choose = [&](const world_call& asked, size_t) {
    return only(best_of(x, policy, asked, of - 1));
  };
  return play(x, policy, who);
}

size_t adaptation_time(const game& x, const game& stubborn, size_t change,
                       size_t until) {
  constexpr size_t window = 100;
  constexpr size_t before = 1'000;
  auto shock =
    stubborn.lost(change, until) / static_cast<double>(until - change);
  auto usual = x.lost(change - before, change) / before;
  auto bound = std::max(shock / 4, usual * 2);
  for (auto i = change; i + window <= until; ++i)
    if (x.lost(i, i + window) / window <= bound)
      return i - change;
  return until - change;
}

} // namespace machine::bench
