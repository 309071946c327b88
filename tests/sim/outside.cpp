#include "tests/sim/outside.hpp"

#include "tests/sim/watch.hpp"

namespace machine::sim {

void outside::begin(const place& where, const std::string& effect,
                    uint64_t token) {
  auto& there = records_[where.run + "|" + effect];
  watch_.on_effect_begins(where.run, effect, there.times);
  watch_.on_work(where.run, where.activation, token, where.node);
  auto [i, alone] = under_way_.emplace(where, effect);
  require(alone, "one attempt of an activation lives at a time", [&, &i = i] {
    return where.run + ": " + effect + " begins while " + i->second
         + " is under way";
  });
  ++there.times;
}

void outside::end(const place& where, const std::string& effect,
                  micro_usd cost) {
  records_[where.run + "|" + effect].cost += cost;
  under_way_.erase(where);
}

void outside::forget_work(const std::string& node) {
  std::erase_if(under_way_, [&](auto& x) { return x.first.node == node; });
}

const outside::record& outside::at(const std::string& run,
                                   const std::string& effect) const {
  static const record none{};
  auto i = records_.find(run + "|" + effect);
  return i == records_.end() ? none : i->second;
}

} // namespace machine::sim
