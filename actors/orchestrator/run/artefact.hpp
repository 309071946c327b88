#pragma once

#include "actors/orchestrator/run/events.hpp"

#include <string_view>

namespace machine::orchestrator {

/// The blob whose content is due to *what*: the result of an effect, or the
/// diff of published work. Empty: none. What stands in other places of an event
/// comes from whoever asked for the run, and may be anything.
std::string_view artefact_of(const run_event& what);

} // namespace machine::orchestrator
