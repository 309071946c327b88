#pragma once

#include "deploy/cli/follower.hpp"
#include "deploy/cli/link.hpp"
#include "deploy/cli/session.hpp"

#include <cstdint>
#include <set>
#include <string>

namespace machine::cli {

/// What the first Ctrl-C does.
enum class on_stop : uint8_t {
  /// Cancels the run and waits until nothing of it lives; a second one leaves.
  cancel,
  /// Leaves; the run goes on.
  leave,
};

struct watch_options {
  std::string run;
  uint64_t after = 0;
  on_stop stop = on_stop::leave;
};

/// Shows a run until it has ended: redrawn in place on a terminal, a line an
/// event elsewhere, as JSON if that was asked for. Asks the run's questions if
/// somebody is there to answer. SIGTERM and SIGHUP leave it: it is this process
/// that has to end then, and not the run.
exit_code watch(const session& in, machine_link& machine, signal_watch& signals,
                watch_options options);

} // namespace machine::cli
