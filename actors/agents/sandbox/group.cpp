#include "actors/agents/sandbox/group.hpp"

#include "actors/agents/sandbox/proc.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>

namespace machine::agents {

namespace {

using clock = std::chrono::steady_clock;

constexpr std::string_view prefix = "themachine-";

/// Time in which the kernel lets go of groups whose processes were killed.
constexpr std::chrono::milliseconds patience{1'000};

/// Bound on the numbers tried for a name of a new group.
constexpr int max_names = 4'096;

/// The words of *line*; empty ones are left out.
std::vector<std::string_view> words(std::string_view line,
                                    std::string_view separators) {
  std::vector<std::string_view> result;
  while (!line.empty()) {
    auto end = std::min(line.find_first_of(separators), line.size());
    if (end > 0)
      result.push_back(line.substr(0, end));
    line.remove_prefix(std::min(end + 1, line.size()));
  }
  return result;
}

bool has(const std::vector<std::string_view>& all, std::string_view one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

/// The directory of group *path* in a mount of the part below *root*.
std::string place(std::string_view mount, std::string_view root,
                  std::string_view path) {
  if (root == "/")
    root = "";
  if (!path.starts_with(root) || path.find("/..") != path.npos)
    return {};
  auto rest = path.substr(root.size());
  return std::string{mount} + (rest == "/" ? "" : std::string{rest});
}

bool put(const std::string& path, std::string_view value) {
  descriptor file{::open(path.c_str(), O_WRONLY | O_CLOEXEC)};
  return file
      && ::write(file.get(), value.data(), value.size())
           == static_cast<ssize_t>(value.size());
}

/// The nearest group from ours upwards that hands memory and processes on to
/// groups below it and that we may put processes into.
std::optional<std::string> delegated(const group_places& x) {
  for (auto at = x.memory; at.size() >= x.top.size(); at.erase(at.rfind('/'))) {
    auto text = read_small_file(at + "/cgroup.subtree_control");
    auto control = words(text, " \n");
    if (has(control, "memory") && has(control, "pids")
        && ::access(at.c_str(), W_OK) == 0
        && ::access((at + "/cgroup.procs").c_str(), W_OK) == 0)
      return at;
    if (at == x.top)
      break;
  }
  return std::nullopt;
}

/// Kills what is in the group at *directory*.
/// @returns whether there was anything.
bool kill_members(const std::string& directory) {
  auto pids = numbers_in(read_small_file(directory + "/cgroup.procs"));
  if (pids.empty())
    return false;
  // Version 2 can do it for us. It shows those whom we have no number for as
  // 0, which to `kill` means ourselves.
  if (!put(directory + "/cgroup.kill", "1"))
    for (auto pid : pids)
      if (pid > 0)
        ::kill(pid, SIGKILL);
  return true;
}

/// Kills what is in the group at *directory* and removes it.
void remove_group(const std::string& directory, clock::time_point until) {
  // The kernel forgets the last process a moment after it is gone.
  while (::rmdir(directory.c_str()) != 0 && errno == EBUSY
         && clock::now() < until) {
    kill_members(directory);
    ::poll(nullptr, 0, 2);
  }
}

/// Opens and locks the group at *directory*; nothing if another holds it. The
/// lock goes with its holder, in whichever pid namespace that is.
descriptor lock_group(const std::string& directory) {
  descriptor result{
    ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  struct stat locked {};
  struct stat there {};
  if (!result || ::flock(result.get(), LOCK_EX | LOCK_NB) != 0
      || ::fstat(result.get(), &locked) != 0
      // It may have been removed before we had the lock.
      || ::stat(directory.c_str(), &there) != 0
      || locked.st_ino != there.st_ino)
    return {};
  return result;
}

/// Removes the groups in *parent* whose makers were killed: those that nobody
/// holds the lock of.
void sweep(const std::string& parent) {
  auto* dir = ::opendir(parent.c_str());
  if (dir == nullptr)
    return;
  auto until = clock::now() + patience;
  while (auto* entry = ::readdir(dir)) {
    std::string_view name{entry->d_name};
    if (!name.starts_with(prefix))
      continue;
    auto path = parent + "/" + std::string{name};
    if (auto lock = lock_group(path))
      remove_group(path, until);
  }
  ::closedir(dir);
}

/// A new group and the lock on it.
struct new_group {
  std::string path;
  descriptor lock;
};

std::optional<new_group> make_group(const std::string& parent) {
  sweep(parent);
  for (int i = 0; i < max_names; ++i) {
    auto path = parent + "/" + std::string{prefix} + std::to_string(::getpid())
              + "-" + std::to_string(i);
    if (::mkdir(path.c_str(), 0755) != 0) {
      if (errno != EEXIST)
        break;
      continue;
    }
    // Whoever sweeps may have been faster; then it is gone.
    if (auto lock = lock_group(path))
      return new_group{std::move(path), std::move(lock)};
  }
  return std::nullopt;
}

descriptor open_in(const std::string& directory, const char* name, int flags) {
  return descriptor{
    ::open((directory + "/" + name).c_str(), flags | O_CLOEXEC)};
}

/// The number after *name* in a file of counters.
uint64_t counter(const descriptor& file, std::string_view name) {
  std::array<char, 512> text{};
  auto size = ::pread(file.get(), text.data(), text.size(), 0);
  if (size <= 0)
    return 0;
  std::string_view rest{text.data(), static_cast<size_t>(size)};
  return number_after(rest, name);
}

} // namespace

std::optional<group_places> find_group_places(std::string_view mountinfo,
                                              std::string_view cgroup) {
  // Lines are `id:controllers:path`; version 2 names no controllers.
  std::string_view unified;
  std::string_view memory;
  std::string_view processes;
  for (auto line : words(cgroup, "\n")) {
    auto first = line.find(':');
    auto second = line.find(':', first + 1);
    if (first == line.npos || second == line.npos)
      continue;
    auto names = words(line.substr(first + 1, second - first - 1), ",");
    auto path = line.substr(second + 1);
    if (names.empty())
      unified = path;
    if (has(names, "memory"))
      memory = path;
    if (has(names, "pids"))
      processes = path;
  }
  group_places result;
  for (auto line : words(mountinfo, "\n")) {
    // `id parent device root mount options ... - type source super-options`
    auto parts = words(line, " ");
    auto dash = std::find(parts.begin(), parts.end(), "-");
    if (parts.size() < 6 || parts.end() - dash < 4)
      continue;
    auto root = parts[3];
    auto mount = parts[4];
    auto controllers = words(dash[3], ",");
    if (dash[1] == "cgroup2" && memory.empty() && processes.empty()
        && !unified.empty()) {
      result.memory = place(mount, root, unified);
      result.processes = result.memory;
      result.top = mount;
    } else if (dash[1] == "cgroup") {
      if (!memory.empty() && has(controllers, "memory"))
        result.memory = place(mount, root, memory);
      if (!processes.empty() && has(controllers, "pids"))
        result.processes = place(mount, root, processes);
    }
  }
  if (result.memory.empty() || result.processes.empty())
    return std::nullopt;
  return result;
}

std::optional<control_group> control_group::make(uint64_t memory_bytes,
                                                 uint32_t processes) {
  auto places = find_group_places(read_small_file("/proc/self/mountinfo"),
                                  read_small_file("/proc/self/cgroup"));
  if (!places)
    return std::nullopt;
  auto memory = std::to_string(memory_bytes);
  auto count = std::to_string(processes);
  control_group result;
  auto add = [&](const std::string& parent) {
    auto made = make_group(parent);
    if (!made)
      return false;
    result.entrances_.push_back(open_in(made->path, "cgroup.procs", O_WRONLY));
    result.directories_.push_back(std::move(made->path));
    result.locks_.push_back(std::move(made->lock));
    return static_cast<bool>(result.entrances_.back());
  };
  if (places->unified()) {
    auto parent = delegated(*places);
    if (!parent || !add(*parent))
      return std::nullopt;
    auto& at = result.directories_[0];
    if (!put(at + "/memory.max", memory) || !put(at + "/pids.max", count))
      return std::nullopt;
    // Neither is there everywhere.
    put(at + "/memory.swap.max", "0");
    put(at + "/memory.oom.group", "1");
    result.memory_events_ = open_in(at, "memory.events", O_RDONLY);
  } else {
    if (!add(places->memory) || !add(places->processes))
      return std::nullopt;
    auto& at = result.directories_[0];
    if (!put(at + "/memory.limit_in_bytes", memory)
        || !put(result.directories_[1] + "/pids.max", count))
      return std::nullopt;
    put(at + "/memory.memsw.limit_in_bytes", memory);
    result.memory_events_ = open_in(at, "memory.oom_control", O_RDONLY);
  }
  result.process_events_ =
    open_in(result.directories_.back(), "pids.events", O_RDONLY);
  if (!result.memory_events_ || !result.process_events_)
    return std::nullopt;
  return result;
}

control_group::~control_group() {
  auto until = clock::now() + patience;
  for (auto& path : directories_)
    remove_group(path, until);
}

std::vector<int> control_group::entrances() const {
  std::vector<int> result;
  for (auto& x : entrances_)
    result.push_back(x.get());
  return result;
}

bool control_group::out_of_memory() const {
  return counter(memory_events_, "oom_kill ") > 0;
}

bool control_group::out_of_processes() const {
  return counter(process_events_, "max ") > 0;
}

bool control_group::empty_out(std::chrono::milliseconds most) {
  auto until = clock::now() + most;
  while (kill_members(directories_.front())) {
    if (clock::now() >= until)
      return false;
    ::poll(nullptr, 0, 2);
  }
  return true;
}

} // namespace machine::agents
