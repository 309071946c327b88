#pragma once

#include "runtime/error.hpp"

#include <chrono>
#include <cstdint>
#include <string_view>

namespace machine::orchestrator {

/// What becomes of the two fields that choose days.
enum class day_rule : uint8_t {
  /// A day must be in both; one of them begins with `*`.
  both,
  /// A day may be in either; both are restricted.
  either,
};

/// When something is to happen, by the clock on the wall: sets of values, bit
/// n for the value n.
struct cron_expression {
  uint64_t minutes = 0;
  uint32_t hours = 0;
  /// Bits 1 to 31.
  uint32_t days = 0;
  /// Bits 1 to 12.
  uint16_t months = 0;
  /// Bit 0 is Sunday.
  uint8_t weekdays = 0;
  /// Whether the last day of a month is one of the days, too.
  bool last_day = false;
  day_rule rule = day_rule::both;

  bool operator==(const cron_expression&) const = default;
};

/// Of an expression as text, in bytes.
constexpr size_t max_cron_bytes = 256;

/// Reads the five fields `minute hour day-of-month month day-of-week`, as
/// crontab(5) has them, by POSIX and Vixie cron.
///
/// A field is `*` or a list of values and ranges: `0,30`, `9-17`, `1-10/2`,
/// `*/5`. Months and days of the week have names (`JAN`, `mon`), Sunday is 0
/// and 7, and a range may end with it (`FRI-SUN`). `L` among the days is the
/// last one of a month. If both kinds of days are restricted, days of either
/// count; a field that begins with `*` restricts the other one. Short forms:
/// `@hourly`, `@daily` (`@midnight`), `@weekly`, `@monthly`, `@yearly`
/// (`@annually`).
///
/// Refused, because it would not do what it says: a step after a single value
/// (`5/15`) and one that leaves the field at once (`*/90`).
/// @returns `invalid_argument` with the field, what is wrong and what to write.
caf::expected<cron_expression> parse_cron(std::string_view text);

/// Whether *x* names every hour of the day.
bool every_hour(const cron_expression& x);

/// Whether *x* names the day *day*.
bool names_day(const cron_expression& x, std::chrono::local_days day);

} // namespace machine::orchestrator
