#include "actors/agents/workspace/records.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

namespace machine::agents {

namespace {

namespace fs = std::filesystem;

/// Tries to get a lock, ten milliseconds apart.
constexpr int max_lock_tries = 6'000;

/// Tries to remove what somebody fills, ten milliseconds apart.
constexpr int max_removals = 300;

/// Objects may be borrowed from repositories that borrow themselves.
constexpr int max_borrowing = 5;

/// Whether the worktree's directory names its git directory, in a plain file.
bool names_git_dir(const worktree_record& x) {
  std::error_code code;
  auto path = fs::path{x.directory} / ".git";
  return fs::symlink_status(path, code).type() == fs::file_type::regular
      && first_line(path) == "gitdir: " + x.git_dir;
}

/// Whether *ref* stands in the file that holds many refs.
bool is_packed(const repository_record& repository, const std::string& ref) {
  std::ifstream in{repository.common + "/packed-refs"};
  for (std::string line; std::getline(in, line);)
    if (line.ends_with(" " + ref))
      return true;
  return false;
}

void add_objects(const fs::path& objects, int depth,
                 std::vector<std::string>& to) {
  std::error_code code;
  if (depth > max_borrowing || objects.filename() != "objects"
      || !fs::is_directory(objects / "pack", code))
    return;
  to.push_back(objects.string());
  std::ifstream in{objects / "info" / "alternates"};
  for (std::string line; std::getline(in, line);)
    if (!line.empty() && line.front() != '#')
      add_objects((objects / line).lexically_normal(), depth + 1, to);
}

} // namespace

caf::expected<repository_record> find_repository(const std::string& path) {
  std::error_code code;
  if (!path.starts_with('/')
      || path.find_first_of(std::string_view{"\n\0", 2}) != path.npos
      || !fs::is_directory(path, code))
    return make_error(ec::invalid_argument,
                      "there is no directory " + path
                        + "; --repo names a git repository");
  git_command ask;
  ask.arguments = {"rev-parse", "--is-bare-repository"};
  auto bare = run_git({path, {}, {}}, ask);
  if (!bare)
    return std::move(bare.error());
  if (bare->exit_code != 0)
    return make_error(ec::invalid_argument,
                      path
                        + " is no git repository; make one with `git init` "
                          "and commit something");
  auto common =
    ask_git_line({path, {}, {}},
                 {"rev-parse", "--path-format=absolute", "--git-common-dir"});
  if (!common)
    return std::move(common.error());
  repository_record result{*common, *common};
  if (bare->output == "true\n")
    return result;
  auto top = ask_git_line({path, {}, {}}, {"rev-parse", "--show-toplevel"});
  if (!top)
    return make_error(ec::invalid_argument,
                      path
                        + " is inside of a git directory; name the "
                          "directory of the project");
  result.top = std::move(*top);
  return result;
}

git_place place_of(const repository_record& repository) {
  return {repository.top, {}, {}};
}

caf::expected<worktree_record> find_worktree(const workspace& where) {
  auto repository = find_repository(where.repository);
  if (!repository)
    return std::move(repository.error());
  worktree_record result;
  result.directory = where.directory;
  result.git_dir = repository->common + "/worktrees/"
                 + fs::path{where.directory}.filename().string();
  result.branch_ref = "refs/heads/" + where.branch;
  result.base_ref =
    "refs/themachine-base/" + fs::path{where.directory}.filename().string();
  result.repository = std::move(*repository);
  return result;
}

std::string first_line(const fs::path& path) {
  std::ifstream in{path};
  std::string line;
  std::getline(in, line);
  return line;
}

bool is_complete(const worktree_record& x) {
  fs::path records{x.git_dir};
  std::error_code code;
  // `git worktree add` locks what it has not finished.
  return fs::is_directory(x.directory, code) && names_git_dir(x)
      && first_line(records / "gitdir") == x.directory + "/.git"
      && first_line(records / "HEAD") == "ref: " + x.branch_ref
      && fs::is_regular_file(records / "index", code)
      && !fs::exists(records / "locked", code);
}

bool is_open(const worktree_record& x) {
  std::error_code code;
  return fs::is_directory(x.directory, code)
      && fs::exists(x.git_dir + "/HEAD", code);
}

std::vector<std::string> readable_parts(const worktree_record& x) {
  std::vector<std::string> result;
  fs::path common{x.repository.common};
  add_objects(common / "objects", 0, result);
  std::error_code code;
  for (auto name : {"HEAD", "packed-refs", "refs", "info", "logs", "shallow"})
    if (fs::exists(common / name, code))
      result.push_back((common / name).string());
  result.push_back(x.git_dir);
  return result;
}

caf::expected<descriptor> lock_directory(const std::string& directory) {
  descriptor dir{::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (!dir)
    return make_error(ec::not_found, "there is no directory " + directory);
  for (int i = 0; i < max_lock_tries; ++i) {
    if (::flock(dir.get(), LOCK_EX | LOCK_NB) == 0)
      return dir;
    if (errno != EWOULDBLOCK && errno != EINTR)
      return make_error(ec::io_failed, "cannot lock " + directory + ": "
                                         + std::strerror(errno));
    ::poll(nullptr, 0, 10);
  }
  return make_error(ec::locked, "another process has held the lock on "
                                  + directory
                                  + " for a minute; see whether it hangs");
}

void remove_stale_locks(const worktree_record& x) {
  std::error_code ignored;
  for (auto name : {"/index.lock", "/HEAD.lock"})
    fs::remove(x.git_dir + name, ignored);
  remove_stale_ref_locks(x);
}

void remove_stale_ref_locks(const worktree_record& x) {
  std::error_code ignored;
  for (auto& ref : {x.branch_ref, x.base_ref})
    fs::remove(x.repository.common + "/" + ref + ".lock", ignored);
}

caf::expected<void> forget_base(const worktree_record& x) {
  std::error_code code;
  if (!is_packed(x.repository, x.base_ref)
      && fs::remove(x.repository.common + "/" + x.base_ref, code))
    return caf::unit;
  auto done =
    ask_git_line(place_of(x.repository), {"update-ref", "-d", x.base_ref});
  if (!done)
    return std::move(done.error());
  return caf::unit;
}

caf::expected<void> remove_tree(const std::string& path) {
  std::error_code code;
  for (int i = 0; i < max_removals; ++i) {
    fs::remove_all(path, code);
    if (!code)
      return caf::unit;
    if (code == std::errc::directory_not_empty) {
      // A git that was killed may have left a child that still writes.
      ::poll(nullptr, 0, 10);
      continue;
    }
    // What is in a directory goes only if that can be written.
    fs::recursive_directory_iterator at{path, code};
    for (; at != fs::recursive_directory_iterator{}; at.increment(code)) {
      std::error_code ignored;
      if (at->symlink_status(ignored).type() == fs::file_type::directory)
        fs::permissions(at->path(), fs::perms::owner_all,
                        fs::perm_options::add | fs::perm_options::nofollow,
                        ignored);
    }
    fs::remove_all(path, code);
    if (!code)
      return caf::unit;
    if (code != std::errc::directory_not_empty)
      break;
  }
  return make_error(ec::io_failed,
                    "cannot remove " + path + ": " + code.message());
}

} // namespace machine::agents
