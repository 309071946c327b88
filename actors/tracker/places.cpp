#include "actors/tracker/places.hpp"

#include "actors/tracker/project.hpp"
#include "actors/tracker/summary.hpp"

#include <algorithm>
#include <tuple>

/// Which runs of a project have a place, and which wait for one.
namespace machine::tracker {

uint64_t places_taken(const project_state& now) {
  return static_cast<uint64_t>(
    std::count_if(now.leases.begin(), now.leases.end(),
                  [](auto& x) { return !x.second.from; }));
}

bool is_place_free(const project_state& now) {
  return !now.max_runs || places_taken(now) < *now.max_runs;
}

std::vector<queue_place> queue_of(const project_state& now) {
  std::vector<const std::pair<const std::string, waiting_run>*> found;
  for (auto& x : now.waiting)
    if (!x.second.refused)
      found.push_back(&x);
  std::sort(found.begin(), found.end(), [](auto* x, auto* y) {
    return std::tuple{y->second.priority, x->second.number}
         < std::tuple{x->second.priority, y->second.number};
  });
  std::vector<queue_place> result;
  for (auto* x : found)
    result.push_back(
      {x->first, result.size() + 1, x->second.priority, x->second.since});
  return result;
}

std::vector<project::effect> project::react(const state& now, const event& what,
                                            const entity::key&) {
  if (auto* x = std::get_if<budget_leased>(&what)) {
    // Who did not wait hears it in the answer.
    auto i = now.leases.find(x->run);
    if (i != now.leases.end() && i->second.waited)
      return {admit_run{x->run, x->amount}};
  } else if (auto* x = std::get_if<run_turned_away>(&what)) {
    return {refuse_run{x->run, x->code, x->message}};
  }
  return {};
}

std::vector<project::effect> project::outstanding(const state& now,
                                                  const entity::key&) {
  std::vector<effect> result;
  for (auto& [run, lease] : now.leases)
    if (lease.waited)
      result.push_back(admit_run{run, lease.amount});
  for (auto& [run, x] : now.waiting)
    if (x.refused)
      result.push_back(refuse_run{run, x.refused->code, x.refused->message});
  return result;
}

} // namespace machine::tracker
