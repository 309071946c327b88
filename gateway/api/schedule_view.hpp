#pragma once

#include "actors/orchestrator/scheduler/run_schedule.hpp"

#include <string>

namespace machine::gateway {

/// The schedule *now* with its last and its next firings, as JSON.
/// @param at The next firings are those after it.
std::string schedule_document(const orchestrator::run_schedule_state& now,
                              timestamp at);

} // namespace machine::gateway
