#pragma once

#include "actors/orchestrator/schedule/cron.hpp"
#include "actors/orchestrator/schedule/zone.hpp"

namespace machine::orchestrator {

/// The first instant later than *after* at which *what* fires, where clocks
/// are those of *where*. Nothing if it does not fire within 41 years, that is,
/// never (a leap day on a given weekday comes back after 40 years at most), or
/// not before the year 10,000. Searching for what never fires takes below a
/// millisecond.
///
/// When clocks are set, an expression that names the hours it means fires once
/// for each time it names: a time that does not exist (clocks go forward) fires
/// at the first instant after the gap, several of one gap fire together; a time
/// that comes twice (clocks go back) fires when it comes first. An expression
/// that names every hour is one that wants even distances: it fires whenever
/// clocks show such a time, so in both of two equal hours, and for none that is
/// left out.
std::optional<timestamp> next_after(const cron_expression& what,
                                    const time_zone& where, timestamp after);

} // namespace machine::orchestrator
