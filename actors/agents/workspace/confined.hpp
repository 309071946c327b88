#pragma once

#include "actors/agents/sandbox/descriptor.hpp"
#include "runtime/error.hpp"

#include <string>
#include <vector>

/// Files below a directory, by paths that cannot leave it: the kernel resolves
/// them (openat2 with RESOLVE_BENEATH), so that nothing can be swapped between
/// a check and its use, also not by a command that runs meanwhile.
namespace machine::agents {

/// Names of new files until they are complete end so; nobody lists or commits
/// them.
inline constexpr std::string_view unfinished = ".themachine-new";

/// `invalid_argument` unless *path* is relative, without `..`, not git's, and
/// has at most 1024 bytes.
caf::error check_path(const std::string& path);

/// What stands at a path.
enum class file_kind : uint8_t {
  /// Nothing, or its directory is none, or it leads out of the tree.
  absent,
  regular,
  executable,
  link,
  directory,
  /// A pipe, a socket, a device.
  other,
};

struct directory_entry {
  std::string name;
  file_kind kind = file_kind::other;
};

/// Whether links that stay in the tree are followed.
enum class inner_links : uint8_t { follow, refuse };

/// A directory and what is below it.
class confined_tree {
public:
  /// `not_found`; `unavailable` on kernels without openat2.
  static caf::expected<confined_tree> open(const std::string& root);

  /// What stands at *path*, a link itself not followed, nor one on the way.
  file_kind kind_of(const std::string& path) const;

  /// Opens a regular file. `not_found`, `invalid_argument` (no regular file)
  /// or `denied` (it leads out, or into git's own files).
  caf::expected<descriptor> open_file(const std::string& path,
                                      inner_links links) const;

  /// What a link says, not followed.
  caf::expected<std::string> read_link(const std::string& path) const;

  /// The entries of directory *path* (`.` for the root), sorted by name. Links
  /// are not followed. `not_found`, `limit_exceeded` (over *max_entries*).
  caf::expected<std::vector<directory_entry>> list(const std::string& path,
                                                   size_t max_entries) const;

  /// The whole content of a regular file; `limit_exceeded` for a longer one.
  caf::expected<std::string> read(const std::string& path,
                                  size_t max_bytes) const;

  /// Writes a file beside the old one and puts it in its place; makes missing
  /// directories. Keeps the permissions of the old one. A link is not written
  /// through: `denied`.
  caf::error write(const std::string& path, const std::string& content) const;

private:
  explicit confined_tree(descriptor root) : root_(std::move(root)) {}

  descriptor make_parent(const std::string& path) const;

  descriptor root_;
};

} // namespace machine::agents
