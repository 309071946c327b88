#include "actors/orchestrator/schedule/due.hpp"

#include <algorithm>
#include <deque>

namespace machine::orchestrator {

namespace {

/// How many candidates may be taken, to begin or to wait.
size_t room_for(const schedule_spec& spec, uint32_t running) {
  switch (spec.overlap) {
    case overlap_policy::skip: return running == 0 ? 1 : 0;
    case overlap_policy::queue_one: return running == 0 ? 2 : 1;
    case overlap_policy::allow:
      return std::min({spec.catch_up, max_catch_up,
                       max_running - std::min(running, max_running)});
    case overlap_policy::cancel_previous: return 1;
  }
  return 0;
}

skip_reason reason_of(overlap_policy overlap, uint32_t running) {
  switch (overlap) {
    case overlap_policy::allow: return skip_reason::too_many;
    case overlap_policy::skip:
      return running > 0 ? skip_reason::still_running : skip_reason::superseded;
    default: return skip_reason::superseded;
  }
}

void count(skipped_firings& into, timestamp due) {
  if (into.count == 0)
    into.first = due;
  into.last = due;
  ++into.count;
}

/// Firings later than *after* that are older than *oldest*.
skipped_firings missed(const schedule& what, timestamp after,
                       timestamp oldest) {
  skipped_firings result{.reason = skip_reason::missed};
  auto due = next_firing(what, after);
  for (; due && *due < oldest; due = next_firing(what, *due)) {
    if (result.count == max_counted) {
      result.more = true;
      break;
    }
    count(result, *due);
  }
  return result;
}

} // namespace

due_decision decide_due(const schedule& what, timestamp last_considered,
                        timestamp now, const schedule_load& load) {
  due_decision result;
  result.considered = std::max(last_considered, now);
  auto window = std::max(what.spec.catch_up_window, max_lateness);
  auto oldest = now - std::min(window, max_catch_up_window);
  auto too_old = missed(what, last_considered, oldest);
  auto room = room_for(what.spec, load.running);
  skipped_firings others{.reason = reason_of(what.spec.overlap, load.running)};
  std::deque<timestamp> taken;
  auto take = [&](timestamp due) {
    taken.push_back(due);
    if (taken.size() > room) {
      count(others, taken.front());
      taken.pop_front();
    }
  };
  if (load.waiting)
    take(*load.waiting);
  auto due = next_firing(
    what, std::max(last_considered, oldest - std::chrono::microseconds{1}));
  for (; due && *due <= now; due = next_firing(what, *due))
    take(*due);
  for (auto* x : {&too_old, &others})
    if (x->count > 0)
      result.skipped.push_back(*x);
  // The second of two waits for the first.
  if (what.spec.overlap == overlap_policy::queue_one
      && taken.size() + std::min(load.running, 1u) > 1) {
    result.waiting = taken.back();
    taken.pop_back();
  }
  result.start.assign(taken.begin(), taken.end());
  result.cancel_running = what.spec.overlap == overlap_policy::cancel_previous
                       && load.running > 0 && !taken.empty();
  result.wake_at = next_firing(what, result.considered);
  return result;
}

} // namespace machine::orchestrator
