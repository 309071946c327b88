#pragma once

#include "deploy/cli/link.hpp"
#include "deploy/cli/session.hpp"

namespace machine::cli {

/// `run "what"`: asks the machine that is up, or starts one here, and follows
/// the run to its end.
exit_code start_run(const session& in, const run_start& what,
                    const machine_starter& start);

/// `up`: a machine here until somebody stops it.
exit_code serve(const session& in, const machine_starter& start);

} // namespace machine::cli
