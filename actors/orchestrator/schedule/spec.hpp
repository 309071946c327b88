#pragma once

#include "runtime/types.hpp"
#include "runtime/wire/describe.hpp"

namespace machine::orchestrator {

/// What becomes of a firing while an earlier one is still at work.
enum class overlap_policy : uint8_t {
  /// It is skipped.
  skip,
  /// It waits until the earlier one has ended; one waits, the newest.
  queue_one,
  /// It begins beside the earlier one.
  allow,
  /// The earlier one is cancelled, and it begins.
  cancel_previous,
};

constexpr auto wire_names(overlap_policy) {
  return std::array<std::pair<std::string_view, overlap_policy>, 4>{{
    {"skip", overlap_policy::skip},
    {"queue_one", overlap_policy::queue_one},
    {"allow", overlap_policy::allow},
    {"cancel_previous", overlap_policy::cancel_previous},
  }};
}

/// How late a firing may be without having been missed: nobody wakes up at the
/// very instant.
constexpr duration max_lateness{60'000};

/// The longest `catch_up_window`. Within it every firing is looked at, so it
/// bounds the work of a decision.
constexpr duration max_catch_up_window{31 * 24 * 3'600'000LL};

/// Firings that may begin together.
constexpr uint32_t max_catch_up = 100;

/// Firings of one schedule that may be at work at the same time.
constexpr uint32_t max_running = 100;

/// Missed firings that are counted one by one.
constexpr uint32_t max_counted = 10'000;

/// When something is to happen again and again.
struct schedule_spec {
  /// See `parse_cron`.
  std::string cron;
  /// An IANA name; see `time_zone::find`.
  std::string zone = "UTC";
  overlap_policy overlap = overlap_policy::skip;
  /// How late a firing is made up, after nobody was there to begin it; at
  /// least `max_lateness` in effect.
  duration catch_up_window{24 * 3'600'000};
  /// With `allow`: how many firings begin together, the newest, when several
  /// are made up; from 1 to `max_catch_up`.
  uint32_t catch_up = 10;
  /// It fires from here on, and up to there; both included.
  std::optional<timestamp> starts_at;
  std::optional<timestamp> ends_at;

  static constexpr const char* wire_name = "schedule_spec";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"cron", &schedule_spec::cron},
      wire::field{"zone", &schedule_spec::zone},
      wire::field{"overlap", &schedule_spec::overlap},
      wire::field{"catch_up_window", &schedule_spec::catch_up_window},
      wire::field{"catch_up", &schedule_spec::catch_up},
      wire::field{"starts_at", &schedule_spec::starts_at},
      wire::field{"ends_at", &schedule_spec::ends_at});
  }

  bool operator==(const schedule_spec&) const = default;
};

} // namespace machine::orchestrator
