#pragma once

#include "tests/bench/models/world.hpp"

#include <functional>

namespace machine::bench {

/// What somebody who chooses models has lost, beside one who knows the world.
struct game {
  /// By call: utility that was lost.
  std::vector<double> regret;
  micro_usd cost = 0;
  /// Expected good answers.
  double good = 0;
  double latency_s = 0;
  micro_usd exploring = 0;
  uint64_t explored = 0;

  /// Of the calls from *first* to *last* - 1.
  double lost(size_t first = 0, size_t last = calls_of_world) const;
};

/// Chooses a model for a call, and may learn from what came of it.
struct player {
  std::function<models::decision(const world_call&, size_t call)> choose;
  std::function<void(const std::string& model, const models::observation& what)>
    learn = [](auto&, auto&) {};
};

/// `balanced`, with a dollar an hour to explore, and no quality that is too
/// low: what is lost would jump where one is.
models::routing_policy policy_of_game();

/// All calls of *x*, each chosen for by *who*.
game play(const world& x, const models::routing_policy& policy,
          const player& who);

/// Ranks and learns, with the money of the policy for exploring, a call a
/// second.
game play_learner(const world& x, const models::routing_policy& policy,
                  uint64_t seed);

/// Ranks by the catalogue alone.
game play_ranked(const world& x, const models::routing_policy& policy);

/// Always *model*.
game play_fixed(const world& x, const models::routing_policy& policy,
                const std::string& model);

/// The cheapest that is good enough by the catalogue: `select`.
game play_cheapest(const world& x, const models::routing_policy& policy);

/// Knows the world as it is before call *of* and after it never looks again.
game play_stubborn(const world& x, const models::routing_policy& policy,
                   size_t of);

/// Calls after *change* until the mean loss of the hundred that follow is at
/// most a quarter of what who does not adapt loses there, or twice what it was
/// in the thousand before; *until* - *change* if never.
size_t adaptation_time(const game& x, const game& stubborn, size_t change,
                       size_t until);

} // namespace machine::bench
