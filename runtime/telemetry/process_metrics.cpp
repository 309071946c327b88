#include "runtime/telemetry/process_metrics.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <system_error>

#include <sys/resource.h>
#include <unistd.h>

namespace machine {

namespace {

/// More of a file of `/proc` is not read, in bytes. A machine of 512 processors
/// says when it began in the first 64 KiB.
constexpr size_t max_proc_file = 1u << 20;

/// More descriptors are not counted.
constexpr size_t max_counted_fds = 1u << 20;

std::optional<uint64_t> to_number(std::string_view text) {
  uint64_t result = 0;
  auto end = text.data() + text.size();
  auto [stop, code] = std::from_chars(text.data(), end, result);
  if (code != std::errc{} || stop != end)
    return std::nullopt;
  return result;
}

std::string read_proc_file(const char* path) {
  std::ifstream in{path, std::ios::binary};
  std::string result;
  std::array<char, 4096> part{};
  while (result.size() < max_proc_file
         && (in.read(part.data(), part.size()), in.gcount() > 0))
    result.append(part.data(), static_cast<size_t>(in.gcount()));
  return result;
}

std::optional<size_t> count_open_fds() {
  std::error_code problem;
  std::filesystem::directory_iterator i{"/proc/self/fd", problem};
  size_t count = 0;
  while (!problem && i != std::filesystem::directory_iterator{}
         && count < max_counted_fds) {
    ++count;
    i.increment(problem);
  }
  if (problem || count == 0)
    return std::nullopt;
  // One of them is the iterator's own.
  return count - 1;
}

std::optional<double> max_fds() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0)
    return std::nullopt;
  return static_cast<double>(limit.rlim_cur);
}

struct process_series {
  metrics::counter cpu_seconds;
  metrics::gauge resident_bytes;
  metrics::gauge virtual_bytes;
  metrics::gauge open_fds;
  metrics::gauge max_fds;
  metrics::gauge start_seconds;
};

void collect(const process_series& to) {
  if (auto count = count_open_fds())
    to.open_fds.set(static_cast<double>(*count));
  if (auto most = max_fds())
    to.max_fds.set(*most);
  auto stat = parse_process_stat(read_proc_file("/proc/self/stat"));
  auto second = static_cast<double>(::sysconf(_SC_CLK_TCK));
  auto page = static_cast<double>(::sysconf(_SC_PAGESIZE));
  if (!stat || second <= 0 || page <= 0)
    return;
  auto used = static_cast<double>(stat->user_ticks + stat->system_ticks);
  to.cpu_seconds.add(used / second - to.cpu_seconds.value());
  to.resident_bytes.set(static_cast<double>(stat->resident_pages) * page);
  to.virtual_bytes.set(static_cast<double>(stat->virtual_memory));
  // It does not change, and the file is long.
  if (to.start_seconds.value() != 0)
    return;
  if (auto boot = parse_boot_time(read_proc_file("/proc/stat")))
    to.start_seconds.set(static_cast<double>(*boot)
                         + static_cast<double>(stat->start_ticks) / second);
}

} // namespace

std::optional<process_stat> parse_process_stat(std::string_view line) {
  // The second field is the program's name in parentheses, which may contain
  // anything.
  auto name_end = line.rfind(") ");
  if (name_end == line.npos)
    return std::nullopt;
  line.remove_prefix(name_end + 2);
  process_stat result;
  for (size_t field = 3; field <= 24; ++field) {
    auto text = line.substr(0, line.find_first_of(" \n"));
    line.remove_prefix(std::min(text.size() + 1, line.size()));
    uint64_t* target = field == 14 ? &result.user_ticks
                     : field == 15 ? &result.system_ticks
                     : field == 22 ? &result.start_ticks
                     : field == 23 ? &result.virtual_memory
                     : field == 24 ? &result.resident_pages
                                   : nullptr;
    if (target == nullptr)
      continue;
    auto number = to_number(text);
    if (!number)
      return std::nullopt;
    *target = *number;
  }
  return result;
}

std::optional<uint64_t> parse_boot_time(std::string_view text) {
  constexpr std::string_view label = "\nbtime ";
  auto at = text.find(label);
  if (at == text.npos)
    return std::nullopt;
  text.remove_prefix(at + label.size());
  return to_number(text.substr(0, text.find('\n')));
}

caf::expected<std::shared_ptr<const void>> add_process_metrics(metrics& to) {
  process_series series;
  auto cpu =
    to.counters({"process_cpu_seconds_total",
                 "User and system CPU time that was spent, in seconds.",
                 {}});
  if (!cpu)
    return cpu.error();
  series.cpu_seconds = cpu->with();
  struct declaration {
    const char* name;
    const char* help;
    metrics::gauge process_series::*member;
  };
  for (auto& [name, help, member] : std::initializer_list<declaration>{
         {"process_resident_memory_bytes", "Resident memory, in bytes.",
          &process_series::resident_bytes},
         {"process_virtual_memory_bytes", "Virtual memory, in bytes.",
          &process_series::virtual_bytes},
         {"process_open_fds", "Open file descriptors.",
          &process_series::open_fds},
         {"process_max_fds", "Most file descriptors that may be open.",
          &process_series::max_fds},
         {"process_start_time_seconds",
          "When the process began, in seconds since the UNIX epoch.",
          &process_series::start_seconds}}) {
    auto family = to.gauges({name, help, {}});
    if (!family)
      return family.error();
    series.*member = family->with();
  }
  return to.on_collect([series] { collect(series); });
}

} // namespace machine
