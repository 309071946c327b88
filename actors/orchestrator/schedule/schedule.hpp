#pragma once

#include "actors/orchestrator/schedule/next.hpp"
#include "actors/orchestrator/schedule/spec.hpp"

namespace machine::orchestrator {

/// A `schedule_spec` that was found right, ready to be asked.
struct schedule {
  schedule_spec spec;
  cron_expression cron;
  time_zone zone;
};

/// Makes *spec* ready to be asked.
/// @returns one `invalid_argument` with everything that is wrong with it, as
/// `check_schedule`; `unavailable` if that is no more than time zones that are
/// missing on this node.
caf::expected<schedule> load_schedule(schedule_spec spec);

/// Everything that is wrong with *spec*, or none.
caf::error check_schedule(const schedule_spec& spec);

/// The first firing later than *after*, between the start and the end of
/// *what*.
std::optional<timestamp> next_firing(const schedule& what, timestamp after);

} // namespace machine::orchestrator
