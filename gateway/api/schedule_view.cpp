#include "gateway/api/schedule_view.hpp"

#include "runtime/wire/wire.hpp"

#include <algorithm>

namespace machine::gateway {

namespace {

using namespace orchestrator;

/// Firings that are foretold.
constexpr size_t max_foretold = 5;

std::vector<timestamp> foretell(const run_schedule_state& now, timestamp at) {
  std::vector<timestamp> result;
  auto loaded = load_schedule(now.spec);
  if (now.paused || !loaded)
    return result;
  auto next = next_firing(*loaded, std::max(now.considered, at));
  for (; next && result.size() < max_foretold;
       next = next_firing(*loaded, *next))
    result.push_back(*next);
  return result;
}

} // namespace

std::string schedule_document(const run_schedule_state& now, timestamp at) {
  schedule_details more;
  more.overlap = now.spec.overlap;
  more.catch_up_window = now.spec.catch_up_window;
  more.catch_up = now.spec.catch_up;
  more.starts_at = now.spec.starts_at;
  more.ends_at = now.spec.ends_at;
  more.pause_reason = now.pause_reason;
  more.created_at = now.created_at;
  more.workflow_hash = now.what.workflow_hash;
  more.inputs = now.what.inputs;
  more.repository = now.what.repository;
  more.budget = now.what.budget;
  more.model = now.what.model;
  more.task = now.what.task;
  more.priority = now.what.priority;
  more.upcoming = foretell(now, at);
  more.waiting = now.waiting;
  for (auto& [run, x] : now.running)
    more.firings.push_back(x);
  std::sort(more.firings.begin(), more.firings.end(),
            [](auto& x, auto& y) { return x.number > y.number; });
  more.firings.insert(more.firings.end(), now.ended.rbegin(), now.ended.rend());
  more.skipped.assign(now.skipped.rbegin(), now.skipped.rend());
  more.begun_count = now.last_number;
  more.skipped_count = now.skipped_count;
  return wire::to_json(schedule_view{summary_of(now), std::move(more)});
}

} // namespace machine::gateway
