#pragma once

#include "actors/orchestrator/run/run.hpp"
#include "actors/tracker/commands.hpp"

#include <string>

namespace machine::orchestrator {

/// What the project of *run* is to write into its ledger.
tracker::book_charges booking_of(const std::string& run, const post_charges& x);

} // namespace machine::orchestrator
