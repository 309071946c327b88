#pragma once

#include "runtime/error.hpp"

namespace machine::cli {

/// What the program tells its caller.
enum class exit_code : int {
  ok = 0,
  failed = 1,
  usage = 2,
  not_found = 3,
  denied = 4,
  conflict = 5,
  unavailable = 6,
  timeout = 7,
  /// The user asked for it to stop.
  interrupted = 130,
};

/// The exit code that says most about *x*.
exit_code exit_code_of(const caf::error& x);

} // namespace machine::cli
