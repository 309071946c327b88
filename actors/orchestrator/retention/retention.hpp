#pragma once

#include "runtime/types.hpp"

#include <optional>
#include <string>
#include <vector>

/// Rules for runs that have ended.
namespace machine::orchestrator {

/// Each as long as the sweeper's settings say; none: never.
struct retention_rules {
  /// From the last event of a run on, so that one that was taken out of the
  /// archive stays out for as long again.
  std::optional<duration> archive_after;
  /// From the end of a run on; only archived ones are erased.
  std::optional<duration> erase_after;
  /// From the last event of a kept answer on (`actors/requests`), which is then
  /// erased.
  duration forget_answers_after{86'400'000};
};

/// What the rules ask of a run; of a kept answer they do not ask its end.
struct ended_run {
  std::string id;
  timestamp created_at{};
  std::optional<timestamp> ended_at;
  /// The time of its last event.
  timestamp changed_at{};
};

/// What is due of one page of a list.
struct due_runs {
  std::vector<std::string> ids;
  /// Whether anything can be due on the next page.
  bool go_on = false;
};

/// Of *page*, runs that are over and not archived, oldest first: those that are
/// to be archived at *now*.
due_runs due_to_archive(const retention_rules& rules,
                        const std::vector<ended_run>& page, timestamp now);

/// Of *page*, archived runs, oldest first: those that are to be erased.
due_runs due_to_erase(const retention_rules& rules,
                      const std::vector<ended_run>& page, timestamp now);

/// Of *page*, kept answers, oldest first: those that are to be erased.
due_runs due_to_forget(const retention_rules& rules,
                       const std::vector<ended_run>& page, timestamp now);

/// How long to wait from one sweep to the next: a part of the shortest time
/// that is waited for, from a second to an hour.
duration sweep_pause(const retention_rules& rules,
                     const std::optional<duration>& collect_every);

} // namespace machine::orchestrator
