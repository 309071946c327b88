#pragma once

#include "runtime/descriptor.hpp"

#include <sys/wait.h>

#include <cerrno>

namespace machine::agents {

/// Waits for the end of child *pid*; its status.
inline int reap(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

} // namespace machine::agents
