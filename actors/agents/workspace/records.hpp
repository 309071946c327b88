#pragma once

#include "actors/agents/sandbox/descriptor.hpp"
#include "actors/agents/workspace/git.hpp"
#include "actors/agents/workspace/workspace.hpp"

#include <filesystem>
#include <string>
#include <vector>

/// Where git keeps what it knows about a worktree, found without asking the
/// worktree: what stands in there may have been changed.
namespace machine::agents {

/// The directories of a repository.
struct repository_record {
  /// Its top directory; of a bare repository, itself.
  std::string top;
  /// The git directory that all of its worktrees share.
  std::string common;
};

/// `invalid_argument` if *path* is in no repository.
caf::expected<repository_record> find_repository(const std::string& path);

/// A place for commands about the repository as a whole.
git_place place_of(const repository_record& repository);

struct worktree_record {
  repository_record repository;
  /// The worktree.
  std::string directory;
  /// Its git directory, in the repository's.
  std::string git_dir;
  /// The branch in full: `refs/heads/themachine/<run id>`.
  std::string branch_ref;
  /// Where the commit stands that the run began at.
  std::string base_ref;

  git_place place() const {
    return {directory, git_dir, directory};
  }
};

caf::expected<worktree_record> find_worktree(const workspace& where);

/// The first line of the file at *path*; empty if there is none.
std::string first_line(const std::filesystem::path& path);

/// Whether git's records and the worktree are complete and belong together.
bool is_complete(const worktree_record& x);

/// Whether the worktree is there and is not being removed.
bool is_open(const worktree_record& x);

/// The directories that a reader of the repository needs: objects, also
/// borrowed ones, refs, and the worktree's own records. Not the configuration,
/// in which credentials may stand.
std::vector<std::string> readable_parts(const worktree_record& x);

/// Holds a lock on *directory* until it is destroyed; waits for at most a
/// minute. `locked`, `not_found`.
caf::expected<descriptor> lock_directory(const std::string& directory);

/// Removes the locks of git commands that were killed. The caller holds the
/// lock on the worktree's git directory, so that none of ours is running.
void remove_stale_locks(const worktree_record& x);

/// Removes those on the run's own refs. The caller holds the lock on the
/// worktree's git directory, or on the repository's before the run works.
void remove_stale_ref_locks(const worktree_record& x);

/// Removes the base, without the lock on all packed refs if it is not packed:
/// nobody would remove that one if we were killed. The caller holds the lock on
/// the repository's git directory.
caf::expected<void> forget_base(const worktree_record& x);

/// Removes *path* and all below it, read-only directories, too. Tries for some
/// seconds if something is put into it meanwhile.
caf::expected<void> remove_tree(const std::string& path);

} // namespace machine::agents
