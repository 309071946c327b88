#pragma once

#include "actors/agents/workspace/records.hpp"

namespace machine::agents {

/// Puts all that changed in the worktree into its index. Content is read below
/// the worktree alone, also while a command changes it, and git sees copies:
/// no repository inside of the worktree, which may have any configuration, is
/// ever looked into. Such repositories, their files and submodules stay out.
/// Errors: `limit_exceeded` (over 2 GiB changed), `io_failed`.
caf::expected<void> stage_all(const worktree_record& x);

} // namespace machine::agents
