#pragma once

#include "runtime/error.hpp"
#include "runtime/types.hpp"

#include <optional>
#include <string>
#include <vector>

namespace machine::agents {

/// A git worktree on a branch of its own, made for one run. The repository's
/// own checkout is never touched.
struct workspace {
  /// The repository of the user, absolute.
  std::string repository;
  /// The worktree, absolute.
  std::string directory;
  /// `themachine/<run id>`.
  std::string branch;
  /// The commit that the branch began at, in full.
  std::string base;
};

struct checkpoint {
  /// The commit, in full; the former head if there was nothing to commit.
  std::string commit;
  uint32_t files_changed = 0;
  /// The hash of its tree: the same for the same content.
  std::string tree;
};

struct workspace_diff {
  /// Unified diff from the base to the head of the branch.
  std::string patch;
  uint32_t files_changed = 0;
  uint32_t lines_added = 0;
  uint32_t lines_removed = 0;
};

/// Creates the worktree and branch of run *run_id* below *parent*, in
/// *repository*, from the one of the commits *starts* that has all others in
/// it; none: its HEAD. If they exist already (after a crash), finds them again.
/// Errors: `invalid_argument` (no repository, no
/// commit), `conflict` (the place is taken by something else), `io_failed`;
/// each says what to do.
caf::expected<workspace>
open_workspace(const std::string& repository, const std::string& parent,
               const std::string& run_id,
               const std::vector<std::string>& starts = {});

/// Commits all that changed in the worktree, as TheMachine, without running
/// hooks or the user's configuration. Repositories inside of the worktree and
/// what is below `.themachine/` stay out. The key stands in the message as the
/// trailer `Step: key`; where nothing has changed since, the head stays as it
/// is, so that asking twice commits once.
caf::expected<checkpoint> commit_checkpoint(const workspace& where,
                                            const std::string& key,
                                            const std::string& subject);

/// The hash of the tree that a checkpoint would have now. Nothing is committed.
caf::expected<std::string> tree_of(const workspace& where);

/// The last checkpoint of a run: as `commit_checkpoint`, but where the worktree
/// is gone, closed or not, it gives what the branch has.
caf::expected<checkpoint> commit_rest(const workspace& where,
                                      const std::string& key,
                                      const std::string& subject);

/// Puts the worktree back to its last checkpoint: changed files are restored,
/// new ones deleted, ignored ones stay.
caf::expected<void> restore_checkpoint(const workspace& where);

/// The changes of the branch since its base. Of a patch with more than
/// *max_bytes* the beginning, with a line that says so.
caf::expected<workspace_diff> diff_workspace(const workspace& where,
                                             size_t max_bytes);

/// Removes the worktree and all that git knows of it; the branch stays. What
/// has no checkpoint is lost. Asking again is no error.
caf::expected<void> close_workspace(const workspace& where);

} // namespace machine::agents
