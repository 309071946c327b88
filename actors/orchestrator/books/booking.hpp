#pragma once

#include "actors/costs/ledger/commands.hpp"
#include "actors/orchestrator/run/run.hpp"
#include "actors/tracker/commands.hpp"

#include <string>

namespace machine::orchestrator {

/// What the project of *run* is to write into its books.
tracker::book_charges booking_of(const std::string& run, const post_charges& x);

/// What the ledger is to book of *run*. Who pays it knows from when the run was
/// opened.
costs::book_run lines_of(const std::string& run, const post_charges& x);

} // namespace machine::orchestrator
