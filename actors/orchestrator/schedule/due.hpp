#pragma once

#include "actors/orchestrator/schedule/schedule.hpp"

#include <vector>

namespace machine::orchestrator {

/// Why a firing was not begun.
enum class skip_reason : uint8_t {
  /// It was due before the catch-up window, and nobody was there.
  missed,
  /// More were due than may begin together.
  too_many,
  /// An earlier one was at work.
  still_running,
  /// A newer one came before it could begin.
  superseded,
};

constexpr auto wire_names(skip_reason) {
  return std::array<std::pair<std::string_view, skip_reason>, 4>{{
    {"missed", skip_reason::missed},
    {"too_many", skip_reason::too_many},
    {"still_running", skip_reason::still_running},
    {"superseded", skip_reason::superseded},
  }};
}

/// Firings in a row that were not begun, for one reason.
struct skipped_firings {
  skip_reason reason = skip_reason::missed;
  uint32_t count = 0;
  /// When the first and the last of those counted were due.
  timestamp first{};
  timestamp last{};
  /// Whether there were others after `max_counted`, which nobody counted.
  bool more = false;

  static constexpr const char* wire_name = "skipped_firings";

  static constexpr auto fields() {
    return wire::members(wire::field{"reason", &skipped_firings::reason},
                         wire::field{"count", &skipped_firings::count},
                         wire::field{"first", &skipped_firings::first},
                         wire::field{"last", &skipped_firings::last},
                         wire::field{"more", &skipped_firings::more});
  }

  bool operator==(const skipped_firings&) const = default;
};

/// What of a schedule is under way.
struct schedule_load {
  /// Firings at work.
  uint32_t running = 0;
  /// When the firing that waits was due (`queue_one`).
  std::optional<timestamp> waiting;
};

/// What is to be done about a schedule now.
struct due_decision {
  /// When the firings that begin now were due, oldest first.
  std::vector<timestamp> start;
  /// Whether what is at work is to be cancelled first.
  bool cancel_running = false;
  /// When the firing that waits from now on was due; takes the place of
  /// `schedule_load::waiting`.
  std::optional<timestamp> waiting;
  /// What was not begun, at most one entry a reason.
  std::vector<skipped_firings> skipped;
  /// Up to here all is decided: `last_considered` of the next decision.
  timestamp considered{};
  /// When to decide again, unless it never fires again. With `queue_one`, also
  /// whenever a firing has ended.
  std::optional<timestamp> wake_at;
};

/// What is to be done about the firings of *what* that were due later than
/// *last_considered* and up to *now*.
///
/// Those within the catch-up window, and the one that waits, are candidates. Of
/// several that are due at once, the newest are taken, as many as may be:
/// `allow` takes `catch_up` of them, as long as no more than `max_running` are
/// at work; `queue_one` one to begin if nothing is at work, and one to wait;
/// `skip` one, if nothing is at work; `cancel_previous` one. All others are
/// reported with the reason.
///
/// A clock that was set back decides nothing, and no firing twice.
due_decision decide_due(const schedule& what, timestamp last_considered,
                        timestamp now, const schedule_load& load);

} // namespace machine::orchestrator
