#include "actors/agents/sandbox/watch.hpp"

#include "actors/agents/sandbox/proc.hpp"

#include <dirent.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <array>
#include <cinttypes>
#include <cstdio>
#include <fstream>
#include <map>
#include <optional>

namespace machine::agents {

namespace {

uint64_t kibibytes_after(std::string_view text, std::string_view name) {
  return number_after(text, name) * 1'024;
}

uint64_t used_in(const std::string& directory) {
  struct statvfs about {};
  if (::statvfs(directory.c_str(), &about) != 0)
    return 0;
  return (about.f_blocks - about.f_bfree) * about.f_frsize;
}

/// Whether *proc* is another /proc than ours.
bool is_of_its_own(const std::string& proc) {
  struct stat theirs {};
  struct stat ours {};
  return ::stat(proc.c_str(), &theirs) == 0 && ::stat("/proc", &ours) == 0
      && theirs.st_dev != ours.st_dev;
}

/// The directories of processes in *proc*.
std::vector<std::string> processes_in(const std::string& proc) {
  std::vector<std::string> result;
  auto* dir = ::opendir(proc.c_str());
  if (dir == nullptr)
    return result;
  while (auto* entry = ::readdir(dir))
    if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9')
      result.push_back(proc + "/" + entry->d_name);
  ::closedir(dir);
  return result;
}

/// A mapping of memory that is shared and in no file.
struct shared_mapping {
  uint64_t inode = 0;
  /// Where it ends in what is shared.
  uint64_t end = 0;
};

/// Reads `begin-end rw-s offset device inode  /dev/zero (deleted)`, which is
/// how the kernel calls it.
std::optional<shared_mapping> read_shared_mapping(const std::string& line) {
  constexpr std::string_view name = " /dev/zero (deleted)";
  if (!line.ends_with(name))
    return std::nullopt;
  uint64_t begin = 0;
  uint64_t end = 0;
  uint64_t offset = 0;
  unsigned long long inode = 0;
  std::array<char, 5> mode{};
  if (std::sscanf(line.c_str(),
                  "%" SCNx64 "-%" SCNx64 " %4s %" SCNx64 " %*s %llu", &begin,
                  &end, mode.data(), &offset, &inode)
        != 5
      || end < begin)
    return std::nullopt;
  return shared_mapping{inode, offset + (end - begin)};
}

} // namespace

footprint measure(pid_t first, const footprint_bounds& bounds) {
  footprint result;
  auto root = "/proc/" + std::to_string(first) + "/root";
  auto proc = root + "/proc";
  if (!is_of_its_own(proc))
    return result;
  auto all = processes_in(proc);
  auto files = used_in(root + "/tmp") + used_in(root + "/dev/shm");
  result.memory_bytes = files;
  for (auto& process : all) {
    auto status = read_small_file(process + "/status");
    result.processes += number_after(status, "\nThreads:");
    // What is shared without a file has to be counted otherwise, and what is
    // in files was counted with them.
    result.memory_bytes += kibibytes_after(status, "\nRssAnon:");
    if (result.processes > bounds.processes)
      return result;
  }
  if (result.memory_bytes <= bounds.memory_bytes)
    return result;
  // Pages that several of them share were counted for each of them. The exact
  // sum takes longer to get.
  result.memory_bytes = files;
  for (auto& process : all) {
    auto pages = read_small_file(process + "/smaps_rollup");
    result.memory_bytes += kibibytes_after(pages, "\nPss_Anon:");
  }
  return result;
}

uint64_t measure_shared(pid_t first, uint64_t processes) {
  auto proc = "/proc/" + std::to_string(first) + "/root/proc";
  if (!is_of_its_own(proc))
    return 0;
  std::map<uint64_t, uint64_t> sizes;
  for (auto& process : processes_in(proc)) {
    if (processes-- == 0)
      break;
    std::ifstream maps{process + "/maps"};
    for (std::string line; std::getline(maps, line);)
      if (auto x = read_shared_mapping(line)) {
        auto& size = sizes[x->inode];
        size = std::max(size, x->end);
      }
  }
  uint64_t result = 0;
  for (auto& [inode, size] : sizes)
    result += size;
  return result;
}

bool is_disk_full(const std::string& directory, uint64_t reserve) {
  struct statvfs about {};
  if (::statvfs(directory.c_str(), &about) != 0)
    return false;
  auto free = about.f_bavail * about.f_frsize;
  return free < std::min(reserve, about.f_blocks * about.f_frsize / 100);
}

uint64_t count_all_processes() {
  // `0.12 0.10 0.09 2/345 6789`: the fourth word has all that exist.
  return number_after(read_small_file("/proc/loadavg"), "/");
}

} // namespace machine::agents
