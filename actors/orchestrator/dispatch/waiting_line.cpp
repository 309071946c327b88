#include "actors/orchestrator/dispatch/waiting_line.hpp"

#include <algorithm>
#include <utility>

namespace machine::orchestrator {

void waiting_line::add(activation_key at, attempt_order order, duration now,
                       const judge& possible) {
  auto place = ++last_place_;
  auto what = need_of(order);
  auto [lane, is_new] = lanes_.try_emplace(what);
  if (is_new && !possible(what))
    lane->second.impossible_since = now;
  lane->second.places.insert(place);
  auto& tenant = tenants_[at.run.tenant];
  turns_.add(at.run.tenant, what);
  tenant.turns.add(at.run.id, what);
  tenant.runs[at.run.id][what].insert(place);
  places_.emplace(at, place);
  entries_.emplace(
    place, entry{std::move(at), std::move(order), std::move(what), now});
}

const attempt_order* waiting_line::find(const activation_key& at) const {
  auto i = places_.find(at);
  return i == places_.end() ? nullptr : &entries_.at(i->second).order;
}

waiting_line::entry waiting_line::extract(uint64_t place) {
  auto node = entries_.extract(place);
  auto& [at, order, what, since] = node.mapped();
  auto lane = lanes_.find(what);
  lane->second.places.erase(place);
  if (lane->second.places.empty())
    lanes_.erase(lane);
  places_.erase(at);
  turns_.remove(at.run.tenant, what);
  auto tenant = tenants_.find(at.run.tenant);
  tenant->second.turns.remove(at.run.id, what);
  auto run = tenant->second.runs.find(at.run.id);
  auto mine = run->second.find(what);
  mine->second.erase(place);
  if (mine->second.empty())
    run->second.erase(mine);
  if (run->second.empty())
    tenant->second.runs.erase(run);
  if (tenant->second.runs.empty())
    tenants_.erase(tenant);
  return std::move(node.mapped());
}

std::optional<attempt_order> waiting_line::remove(const activation_key& at) {
  auto i = places_.find(at);
  if (i == places_.end())
    return std::nullopt;
  return extract(i->second).order;
}

std::optional<waiting_line::entry> waiting_line::take(const pool_offer& pool) {
  std::vector<const need*> these;
  for (auto& [what, lane] : lanes_)
    if (!lane.impossible_since && fits(pool, what))
      these.push_back(&what);
  auto whose = turns_.next(these);
  if (!whose)
    return std::nullopt;
  auto& tenant = tenants_.at(*whose);
  // Its turn among tenants it has for something of one of its runs.
  auto id = *tenant.turns.next(these);
  auto& run = tenant.runs.at(id);
  auto first = last_place_ + 1;
  for (auto* what : these)
    if (auto i = run.find(*what); i != run.end())
      first = std::min(first, *i->second.begin());
  turns_.serve(*whose);
  tenant.turns.serve(id);
  return extract(first);
}

void waiting_line::review(duration now, const judge& possible) {
  for (auto& [what, lane] : lanes_)
    if (possible(what))
      lane.impossible_since.reset();
    else if (!lane.impossible_since)
      lane.impossible_since = now;
}

std::vector<activation_key> waiting_line::overdue(duration now,
                                                  duration patience) const {
  std::vector<activation_key> result;
  for (auto& [what, lane] : lanes_) {
    if (!lane.impossible_since || *lane.impossible_since + patience > now)
      continue;
    for (auto place : lane.places) {
      auto& here = entries_.at(place);
      if (here.since + patience > now)
        break;
      result.push_back(here.at);
    }
  }
  return result;
}

std::optional<duration> waiting_line::next_overdue(duration patience) const {
  std::optional<duration> result;
  for (auto& [what, lane] : lanes_)
    if (lane.impossible_since) {
      auto first = entries_.at(*lane.places.begin()).since;
      auto then = std::max(first, *lane.impossible_since) + patience;
      if (!result || then < *result)
        result = then;
    }
  return result;
}

} // namespace machine::orchestrator
