#include "actors/agents/workspace/command_mark.hpp"

#include "actors/agents/workspace/confined.hpp"
#include "actors/agents/workspace/records.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>
#include <tuple>

namespace machine::agents {

namespace {

namespace fs = std::filesystem;

/// Older than anything that it could be compared with: the year 2000.
constexpr timespec long_ago{946'684'800, 0};

bool is_before(const timespec& a, const timespec& b) {
  return std::tie(a.tv_sec, a.tv_nsec) < std::tie(b.tv_sec, b.tv_nsec);
}

caf::error failed(const std::string& path) {
  return make_error(ec::io_failed,
                    "cannot write " + path + ": " + std::strerror(errno));
}

/// Ends once whoever holds it has ended.
bool take(const descriptor& mark) {
  return ::flock(mark.get(), LOCK_EX | LOCK_NB) == 0;
}

/// Makes old what git ignores and what was touched after *since*.
caf::error make_old(const worktree_record& x, const timespec& since) {
  git_command ask;
  ask.arguments = {"ls-files",           "-z",
                   "--others",           "--ignored",
                   "--exclude-standard", "--exclude=/.themachine/"};
  ask.max_output = 256u << 20;
  auto ignored = ask_git(x.place(), ask);
  if (!ignored)
    return ignored.error();
  auto tree = confined_tree::open(x.directory);
  if (!tree)
    return tree.error();
  std::string_view left{*ignored};
  while (!left.empty()) {
    std::string name{left.substr(0, left.find('\0'))};
    left.remove_prefix(std::min(name.size() + 1, left.size()));
    // What cannot be opened, nobody takes for up to date.
    auto file = tree->open_file(name, inner_links::refuse);
    struct stat found {};
    if (!file || ::fstat(file->get(), &found) != 0
        || is_before(found.st_ctim, since))
      continue;
    // It may be a source by another name.
    if (found.st_nlink > 1)
      continue;
    timespec times[] = {long_ago, long_ago};
    if (::futimens(file->get(), times) != 0)
      return failed(x.directory + "/" + name);
  }
  return caf::none;
}

/// The marks whose commands have been killed, and when the first of them began.
struct orphans {
  std::vector<fs::path> marks;
  std::optional<timespec> since;
};

orphans find_orphans(const fs::path& directory) {
  orphans result;
  std::error_code code;
  for (auto& entry : fs::directory_iterator{directory, code}) {
    descriptor mark{::open(entry.path().c_str(), O_RDONLY | O_CLOEXEC)};
    struct stat found {};
    if (!mark || !take(mark) || ::fstat(mark.get(), &found) != 0)
      continue;
    result.marks.push_back(entry.path());
    if (!result.since || is_before(found.st_mtim, *result.since))
      result.since = found.st_mtim;
  }
  return result;
}

} // namespace

caf::expected<command_mark> command_mark::set(const workspace& where) {
  auto found = find_worktree(where);
  if (!found)
    return std::move(found.error());
  fs::path directory{found->git_dir + "/themachine-commands"};
  if (::mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST)
    return failed(directory);
  auto lock = lock_directory(directory);
  if (!lock)
    return std::move(lock.error());
  auto left = find_orphans(directory);
  if (left.since)
    if (auto err = make_old(*found, *left.since))
      return err;
  std::error_code code;
  for (auto& mark : left.marks)
    fs::remove(mark, code);
  auto path = (directory / "XXXXXX").string();
  descriptor mark{::mkostemp(path.data(), O_CLOEXEC)};
  if (!mark || !take(mark))
    return failed(path);
  return command_mark{std::move(path), std::move(mark)};
}

void command_mark::ended() {
  std::error_code code;
  fs::remove(path_, code);
  lock_.close();
}

} // namespace machine::agents
