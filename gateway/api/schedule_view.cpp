#include "gateway/api/schedule_view.hpp"

#include "actors/orchestrator/scheduler/summary.hpp"
#include "runtime/wire/wire.hpp"

#include <algorithm>

namespace machine::gateway {

namespace {

using namespace orchestrator;

/// Firings that are foretold.
constexpr size_t max_foretold = 5;

/// What `GET /projects/{id}/schedules/{name}` adds to the summary.
struct schedule_details {
  overlap_policy overlap = overlap_policy::skip;
  duration catch_up_window{};
  uint32_t catch_up = 0;
  std::optional<timestamp> starts_at;
  std::optional<timestamp> ends_at;
  std::string pause_reason;
  timestamp created_at{};
  std::string workflow_hash;
  json_text inputs;
  std::optional<std::string> repository;
  micro_usd budget = 0;
  std::optional<std::string> model;
  std::optional<std::string> task;
  std::optional<uint32_t> priority;
  /// When it will fire if nothing changes.
  std::vector<timestamp> upcoming;
  /// When the firing that waits for another was due.
  std::optional<timestamp> waiting;
  /// At work, then ended, the newest first.
  std::vector<firing> firings;
  std::vector<skipped_firings> skipped;
  uint64_t begun_count = 0;
  uint64_t skipped_count = 0;

  static constexpr const char* wire_name = "schedule_details";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"overlap", &schedule_details::overlap},
      wire::field{"catch_up_window", &schedule_details::catch_up_window},
      wire::field{"catch_up", &schedule_details::catch_up},
      wire::field{"starts_at", &schedule_details::starts_at},
      wire::field{"ends_at", &schedule_details::ends_at},
      wire::field{"pause_reason", &schedule_details::pause_reason},
      wire::field{"created_at", &schedule_details::created_at},
      wire::field{"workflow_hash", &schedule_details::workflow_hash},
      wire::field{"inputs", &schedule_details::inputs},
      wire::field{"repository", &schedule_details::repository},
      wire::field{"budget", &schedule_details::budget},
      wire::field{"model", &schedule_details::model},
      wire::field{"task", &schedule_details::task},
      wire::field{"priority", &schedule_details::priority},
      wire::field{"upcoming", &schedule_details::upcoming},
      wire::field{"waiting", &schedule_details::waiting},
      wire::field{"firings", &schedule_details::firings},
      wire::field{"skipped", &schedule_details::skipped},
      wire::field{"begun_count", &schedule_details::begun_count},
      wire::field{"skipped_count", &schedule_details::skipped_count});
  }
};

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
  auto result = wire::to_json(summary_of(now));
  result.back() = ',';
  return result + wire::to_json(more).substr(1);
}

} // namespace machine::gateway
