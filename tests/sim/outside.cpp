#include "tests/sim/outside.hpp"

#include "tests/sim/watch.hpp"

namespace machine::sim {

void outside::begin(const std::string& run, const std::string& activation,
                    const std::string& effect) {
  auto& there = records_[run + "|" + effect];
  watch_.on_effect_begins(run, effect, there.times);
  auto [i, alone] = under_way_.emplace(run + "|" + activation, effect);
  require(alone, "one attempt of an activation lives at a time", [&] {
    return run + ": " + effect + " begins while " + i->second + " is under way";
  });
  ++there.times;
  there.under_way = true;
}

void outside::end(const std::string& run, const std::string& effect,
                  micro_usd cost) {
  auto& there = records_[run + "|" + effect];
  there.under_way = false;
  there.cost += cost;
  under_way_.erase(run + "|" + effect.substr(0, effect.rfind('#')));
}

void outside::forget_work() {
  under_way_.clear();
  for (auto& [key, x] : records_)
    x.under_way = false;
}

const outside::record& outside::at(const std::string& run,
                                   const std::string& effect) const {
  static const record none{};
  auto i = records_.find(run + "|" + effect);
  return i == records_.end() ? none : i->second;
}

} // namespace machine::sim
