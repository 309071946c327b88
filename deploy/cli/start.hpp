#pragma once

#include "deploy/cli/machine.hpp"
#include "deploy/cli/session.hpp"

namespace machine::cli {

/// Starts a machine in this process.
using machine_starter =
  std::function<caf::expected<std::unique_ptr<running_machine>>()>;

/// `run "what"`: asks the machine that is up, or starts one here, and follows
/// the run to its end.
exit_code start_run(const session& in, const run_start& what,
                    const machine_starter& start);

/// `up`: a machine here until somebody stops it.
exit_code serve(const session& in, const machine_starter& start);

/// The git repository around *directory*; none if there is none.
std::optional<std::string> repository_around(const std::string& directory);

} // namespace machine::cli
