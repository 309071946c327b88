#pragma once

#include "actors/orchestrator/scheduler/state.hpp"

namespace machine::orchestrator {

/// A schedule as lists show it.
struct schedule_summary {
  std::string name;
  std::string project;
  std::string title;
  std::string workflow;
  std::string cron;
  std::string zone;
  /// `active`, `paused` or `ended`: it fires no more.
  std::string state;
  std::optional<timestamp> next;
  uint64_t running = 0;
  /// Of the newest firing, if there was one.
  std::optional<std::string> last_run;
  std::optional<timestamp> last_due;
  /// Of the newest firing that has ended.
  std::optional<run_result> last_result;

  static constexpr const char* wire_name = "schedule_summary";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"name", &schedule_summary::name},
      wire::field{"project", &schedule_summary::project},
      wire::field{"title", &schedule_summary::title},
      wire::field{"workflow", &schedule_summary::workflow},
      wire::field{"cron", &schedule_summary::cron},
      wire::field{"zone", &schedule_summary::zone},
      wire::field{"state", &schedule_summary::state},
      wire::field{"next", &schedule_summary::next},
      wire::field{"running", &schedule_summary::running},
      wire::field{"last_run", &schedule_summary::last_run},
      wire::field{"last_due", &schedule_summary::last_due},
      wire::field{"last_result", &schedule_summary::last_result});
  }

  bool operator==(const schedule_summary&) const = default;
};

schedule_summary summary_of(const run_schedule_state& now);

} // namespace machine::orchestrator
