#pragma once

#include "actors/agents/sandbox/descriptor.hpp"
#include "runtime/error.hpp"

namespace machine::agents {

/// Memory that belongs to no process and no directory: `memfd_create`, System
/// V shared memory. Only a control group can count it.
enum class hidden_memory : uint8_t { allowed, refused };

/// A file with the filter that forbids system calls which a build or a test
/// has no use for: mounting, modules, keys, other namespaces, raw sockets.
/// Debuggers work, except on the sandbox's own first process. The file has no
/// name and is read from its beginning. Errors: `unavailable`, `io_failed`.
caf::expected<descriptor> open_seccomp_filter(hidden_memory memory);

} // namespace machine::agents
