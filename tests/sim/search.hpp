#pragma once

#include "tests/sim/simulate.hpp"

#include <optional>
#include <string>

namespace machine::sim {

struct search_options {
  uint64_t from = 1;
  uint64_t seeds = 1'000;
  /// Processes that play at one time.
  uint64_t jobs = 2;
};

/// What came of many cases.
struct search_result {
  uint64_t played = 0;
  uint64_t steps = 0;
  uint64_t events = 0;
  /// The first seed in which a rule is broken, and which.
  uint64_t seed = 0;
  std::optional<violation> broken;
};

/// Plays cases until one breaks a rule.
search_result search(const search_options& how);

/// What came of it, for people; of a broken rule how to see more.
std::string report(const search_result& what);

/// Plays one case and prints what came of it; whether all rules hold.
bool play_one(uint64_t seed, bool trace, bool smaller);

} // namespace machine::sim
