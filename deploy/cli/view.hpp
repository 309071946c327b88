#pragma once

#include "deploy/cli/run_view.hpp"
#include "deploy/cli/style.hpp"

#include <string>
#include <vector>

namespace machine::cli {

struct terminal_size {
  size_t width = 80;
  size_t height = 24;

  bool operator==(const terminal_size&) const = default;
};

/// The live picture of a run: fewer lines than the terminal is high, none
/// wider than it. *note* stands at the end, in a line of its own.
std::vector<line> live_lines(const run_view& what, terminal_size size,
                             timestamp now, const std::string& note = {});

/// What is written of one event where nothing can be redrawn; *after* is the
/// view with the event in it. Most events are worth no line.
std::vector<line> log_lines(const run_view& after, const stored_event& what);

/// What is said about a run that has ended: result, branch, summary, bill and
/// how to look at the work.
std::vector<line> report_lines(const run_view& what, size_t width);

/// `0.3 s`, `12 s`, `3 min 04 s`, `1 h 02 min`.
std::string format_elapsed(duration x);

/// `1,234,567`.
std::string format_count(uint64_t x);

} // namespace machine::cli
