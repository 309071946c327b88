#pragma once

#include "actors/orchestrator/scheduler/run_schedule.hpp"
#include "actors/orchestrator/scheduler/summary.hpp"
#include "runtime/wire/together.hpp"

#include <string>
#include <vector>

namespace machine::gateway {

/// What `GET /projects/{id}/schedules/{name}` adds to the summary.
struct schedule_details {
  orchestrator::overlap_policy overlap = orchestrator::overlap_policy::skip;
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
  std::vector<orchestrator::firing> firings;
  std::vector<orchestrator::skipped_firings> skipped;
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

/// What `GET /projects/{id}/schedules/{name}` shows.
struct schedule_view : orchestrator::schedule_summary, schedule_details {
  static constexpr const char* wire_name = "schedule";

  static constexpr auto fields() {
    return wire::together(schedule_summary::fields(),
                          schedule_details::fields());
  }
};

/// The schedule *now* with its last and its next firings, as JSON.
/// @param at The next firings are those after it.
std::string schedule_document(const orchestrator::run_schedule_state& now,
                              timestamp at);

} // namespace machine::gateway
