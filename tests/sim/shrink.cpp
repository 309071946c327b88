#include "tests/sim/simulate.hpp"

#include <algorithm>

namespace machine::sim {

namespace {

/// Cases that are tried.
constexpr int max_tries = 3'000;

class shrinker {
public:
  shrinker(uint64_t seed, std::string rule)
      : seed_(seed), rule_(std::move(rule)) {}

  std::set<decision_id> run() {
    auto made = simulate(seed_).decisions;
    for (auto again = true; again && tries_ < max_tries;) {
      again = false;
      for (auto size = std::max<size_t>(made.size() / 2, 1); size > 0;
           size /= 2)
        again |= leave_out(made, size);
    }
    return without_;
  }

private:
  /// Leaves out pieces of *made* with *size* decisions each.
  bool leave_out(std::vector<decision>& made, size_t size) {
    auto better = false;
    for (size_t from = 0; from < made.size() && tries_ < max_tries;) {
      auto tried = without_;
      for (auto i = from; i < std::min(from + size, made.size()); ++i)
        tried.insert(made[i].id);
      ++tries_;
      auto what = simulate(seed_, tried);
      if (what.broken && what.broken->rule == rule_
          && what.decisions.size() < made.size()) {
        without_ = std::move(tried);
        made = std::move(what.decisions);
        better = true;
      } else {
        from += size;
      }
    }
    return better;
  }

  uint64_t seed_;
  std::string rule_;
  std::set<decision_id> without_;
  int tries_ = 0;
};

} // namespace

std::set<decision_id> shrink(uint64_t seed, const std::string& rule) {
  return shrinker{seed, rule}.run();
}

} // namespace machine::sim
