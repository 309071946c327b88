#pragma once

#include "runtime/error.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace machine::agents {

/// Where a git command works.
struct git_place {
  /// Its current directory.
  std::string directory;
  /// The git directory and the worktree, from our own records; both empty to
  /// have git look for them from *directory* on, which is right for a
  /// repository of the user's and never for a worktree that an agent works in.
  std::string git_dir;
  std::string work_tree;
};

/// What becomes of output beyond the bound.
enum class overflow : uint8_t {
  /// `limit_exceeded`.
  fails,
  /// It is left out.
  cut,
};

struct git_command {
  std::vector<std::string> arguments;
  /// What it reads.
  std::string input;
  size_t max_output = 64u << 20;
  overflow beyond = overflow::fails;
};

struct git_result {
  int exit_code = 0;
  std::string output;
  /// What it wrote to standard error; the beginning.
  std::string problem;
  /// Whether output is missing.
  bool is_cut = false;
};

/// Runs git and waits for it, at most two minutes. Neither the system's nor
/// the user's configuration is read, and nothing that a repository's own
/// configuration names is executed: hooks, file-system monitors, the helpers
/// of filters, pagers, editors, signing, credentials, transports.
/// Errors: `unavailable` (no git), `limit_exceeded`, `timeout`, `io_failed`.
caf::expected<git_result> run_git(const git_place& where,
                                  const git_command& what);

/// The output; if git fails, `io_failed` with what it said.
caf::expected<std::string> ask_git(const git_place& where,
                                   const git_command& what);

/// Keeps the machine's own files out of what `ls-files` lists as new, and in
/// what it lists as ignored.
inline constexpr const char* own_files = "--exclude=/.themachine/";

/// Calls *f* with each name in *text*, as git lists them with `-z`.
template <class F>
void for_each_name(std::string_view text, F f) {
  while (!text.empty()) {
    auto name = text.substr(0, text.find('\0'));
    text.remove_prefix(std::min(name.size() + 1, text.size()));
    f(std::string{name});
  }
}

/// `io_failed`: *path* cannot be written, for the reason that `errno` has.
caf::error cannot_write(const std::string& path);

/// The output of a command that prints one line, without its end.
caf::expected<std::string> ask_git_line(const git_place& where,
                                        std::vector<std::string> arguments);

/// The commit that *name* stands for, in full; none if there is none.
caf::expected<std::optional<std::string>> find_commit(const git_place& where,
                                                      const std::string& name);

} // namespace machine::agents
