#pragma once

#include "tests/sim/dice.hpp"
#include "tests/sim/violation.hpp"

#include <optional>
#include <set>
#include <string>
#include <vector>

namespace machine::sim {

/// What came of one case.
struct outcome {
  std::optional<violation> broken;
  /// What happened that need not have.
  std::vector<decision> decisions;
  /// A line for everything, if it was asked for.
  std::vector<std::string> lines;
  uint64_t steps = 0;
  uint64_t events = 0;
};

enum class detail : uint8_t { none, lines };

/// Plays the case of *seed*, without some of what happens in it.
outcome simulate(uint64_t seed, const std::set<decision_id>& without = {},
                 detail how = detail::none);

/// Leaves out what it can of the case of *seed* as long as the rule *rule* is
/// broken in it; the decisions to be left out.
std::set<decision_id> shrink(uint64_t seed, const std::string& rule);

} // namespace machine::sim
