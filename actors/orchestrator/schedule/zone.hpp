#pragma once

#include "runtime/error.hpp"
#include "runtime/types.hpp"

#include <cctz/time_zone.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace machine::orchestrator {

/// An instant at which the clocks of a zone are set.
struct clock_change {
  std::chrono::sys_seconds at;
  /// What they would have shown at that instant, and what they show instead.
  /// Forward is a gap: times from `from` up to `to` do not exist. Back is a
  /// fold: times from `to` up to `from` come twice.
  std::chrono::local_seconds from;
  std::chrono::local_seconds to;

  bool operator==(const clock_change&) const = default;
};

/// What clocks show at a place, by the IANA time zone database. Where the data
/// ends, its last rule goes on.
class time_zone {
public:
  /// UTC, for which no data is needed.
  time_zone() = default;

  /// The zone with an IANA name such as `Europe/Berlin`, from the data that
  /// the system has in `$TZDIR`, else `/usr/share/zoneinfo`. Data is read once
  /// a process: what is installed later counts from the next start.
  /// @returns `invalid_argument` for a name that is none, with the name that
  /// was probably meant; `unavailable` if the system has no data.
  static caf::expected<time_zone> find(std::string_view name);

  /// What clocks show at *x*.
  std::chrono::local_seconds local(std::chrono::sys_seconds x) const;

  /// The first change later than *x*, if the zone knows of one.
  std::optional<clock_change> next_change(std::chrono::sys_seconds x) const;

  /// The last change at *x* or before it.
  std::optional<clock_change> last_change(std::chrono::sys_seconds x) const;

private:
  cctz::time_zone zone_;
};

/// Of the name of a zone, in bytes; the longest one has 32.
constexpr size_t max_zone_bytes = 64;

} // namespace machine::orchestrator
