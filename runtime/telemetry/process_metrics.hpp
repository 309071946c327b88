#pragma once

#include "runtime/telemetry/metrics.hpp"

#include <optional>

namespace machine {

/// What Linux tells of a process in `/proc/<pid>/stat`; see proc(5).
struct process_stat {
  /// Time on processors, in clock ticks.
  uint64_t user_ticks = 0;
  uint64_t system_ticks = 0;
  /// When it began, in clock ticks since the machine was started.
  uint64_t start_ticks = 0;
  /// In bytes.
  uint64_t virtual_memory = 0;
  /// In pages.
  uint64_t resident_pages = 0;

  bool operator==(const process_stat&) const = default;
};

/// Reads the line of `/proc/<pid>/stat`; none if it is no such line.
std::optional<process_stat> parse_process_stat(std::string_view line);

/// Reads out of `/proc/stat` when the machine was started, in seconds since the
/// UNIX epoch.
std::optional<uint64_t> parse_boot_time(std::string_view text);

/// Declares what every program that Prometheus watches has, under the usual
/// names (https://prometheus.io/docs/instrumenting/writing_clientlibs/, process
/// metrics): `process_cpu_seconds_total`, `process_resident_memory_bytes`,
/// `process_virtual_memory_bytes`, `process_open_fds`, `process_max_fds` and
/// `process_start_time_seconds`. They are read at every `render` until the
/// result is gone; what cannot be read keeps its value. Fails as
/// `metrics::gauges`.
caf::expected<std::shared_ptr<const void>> add_process_metrics(metrics& to);

} // namespace machine
