#include "actors/agents/workspace/command_mark.hpp"

#include "actors/agents/workspace/confined.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
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

/// Locks *mark* until it is closed; false if somebody else has it.
bool take(const descriptor& mark) {
  return ::flock(mark.get(), LOCK_EX | LOCK_NB) == 0;
}

/// Makes old what git ignores and what was touched after *since*.
caf::error make_old(const worktree_record& x, const timespec& since) {
  git_command ask;
  ask.arguments = {"ls-files",           "-z",     "--others", "--ignored",
                   "--exclude-standard", own_files};
  ask.max_output = 256u << 20;
  auto ignored = ask_git(x.place(), ask);
  if (!ignored)
    return ignored.error();
  auto tree = confined_tree::open(x.directory);
  if (!tree)
    return tree.error();
  caf::error problem;
  for_each_name(*ignored, [&](const std::string& name) {
    auto file = tree->open_file(name, inner_links::refuse);
    struct stat found {};
    // With several names it may be a source by another one.
    auto is_suspect = file && ::fstat(file->get(), &found) == 0
                   && !is_before(found.st_ctim, since) && found.st_nlink == 1;
    timespec times[] = {long_ago, long_ago};
    if (is_suspect && ::futimens(file->get(), times) != 0)
      problem = cannot_write(x.directory + "/" + name);
  });
  return problem;
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

caf::expected<command_mark> command_mark::set(const worktree_record& x) {
  fs::path directory{x.git_dir + "/themachine-commands"};
  if (::mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST)
    return cannot_write(directory);
  auto lock = lock_directory(directory);
  if (!lock)
    return std::move(lock.error());
  auto left = find_orphans(directory);
  if (left.since)
    if (auto err = make_old(x, *left.since))
      return err;
  std::error_code code;
  for (auto& mark : left.marks)
    fs::remove(mark, code);
  auto path = (directory / "XXXXXX").string();
  descriptor mark{::mkostemp(path.data(), O_CLOEXEC)};
  if (!mark || !take(mark))
    return cannot_write(path);
  return command_mark{std::move(path), std::move(mark)};
}

void command_mark::ended() {
  std::error_code code;
  fs::remove(path_, code);
  lock_.close();
}

} // namespace machine::agents
