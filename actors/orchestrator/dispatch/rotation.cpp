#include "actors/orchestrator/dispatch/rotation.hpp"

namespace machine::orchestrator {

void rotation::add(const std::string& who, const need& what) {
  auto [i, is_new] = members_.try_emplace(who);
  if (is_new)
    i->second.turn = ++last_turn_;
  if (i->second.waits_for[what]++ == 0)
    order_[what].emplace(i->second.turn, who);
}

void rotation::remove(const std::string& who, const need& what) {
  auto i = members_.find(who);
  if (i == members_.end())
    return;
  auto j = i->second.waits_for.find(what);
  if (j == i->second.waits_for.end() || --j->second > 0)
    return;
  auto k = order_.find(what);
  k->second.erase(i->second.turn);
  if (k->second.empty())
    order_.erase(k);
  i->second.waits_for.erase(j);
  if (i->second.waits_for.empty())
    members_.erase(i);
}

void rotation::serve(const std::string& who) {
  auto i = members_.find(who);
  if (i == members_.end())
    return;
  auto turn = ++last_turn_;
  for (auto& [what, count] : i->second.waits_for) {
    auto& order = order_[what];
    order.erase(i->second.turn);
    order.emplace(turn, who);
  }
  i->second.turn = turn;
}

std::optional<std::string>
rotation::next(const std::vector<const need*>& these) const {
  const std::pair<const uint64_t, std::string>* first = nullptr;
  for (auto* what : these)
    if (auto i = order_.find(*what); i != order_.end()) {
      auto& here = *i->second.begin();
      if (first == nullptr || here.first < first->first)
        first = &here;
    }
  return first == nullptr ? std::nullopt : std::optional{first->second};
}

} // namespace machine::orchestrator
