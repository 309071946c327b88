#pragma once

#include "deploy/cli/machine.hpp"
#include "deploy/cli/session.hpp"
#include "runtime/config/config.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

/// The command line of `themachine`.
namespace machine::cli {

/// Starts a machine with this configuration, in this process.
using start_machine =
  std::function<caf::expected<std::unique_ptr<running_machine>>(
    const config::config&, lifetime)>;

/// Does what the command line says and returns the program's exit code: 0 ok,
/// 1 failed, 2 usage, 3 not found, 4 denied, 5 conflict, 6 unavailable,
/// 7 timeout, 130 interrupted. To be called before other threads begin.
int run_cli(int argc, char** argv, const start_machine& start);

/// The same, with data and messages written elsewhere.
int run_cli(const std::vector<std::string>& words, const start_machine& start,
            streams to);

} // namespace machine::cli
