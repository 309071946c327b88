#pragma once

#include "actors/orchestrator/workflow/check.hpp"

#include <deque>
#include <functional>
#include <memory>

namespace machine::orchestrator {

struct workflow_file;

/// A workflow of a file, and what it calls by which name.
struct library_entry {
  workflow_file* file = nullptr;
  draft made;
  std::map<std::string, library_entry*> calls;
};

/// A file with workflows: the one that it is, and those that it brings along.
struct workflow_file {
  explicit workflow_file(const std::string& path) : found(path) {}

  problems found;
  library_entry* main = nullptr;
  std::map<std::string, library_entry*> own;
  /// Where the first file leads to this one, for mistakes in it are told there.
  place led_at;
  std::string led_by;
};

/// Workflows that call each other, while they are read.
class library {
public:
  explicit library(const load_context& known) : known_(known) {}

  /// Reads and checks the workflow in *text* with all that it calls.
  caf::expected<workflow> load(std::string_view text, const std::string& path);

private:
  library_entry* add(workflow_file& file);
  caf::error read(workflow_file& file, std::string_view text,
                  const std::string& path);
  void read_own(workflow_file& file, map_reader& in);
  void resolve(library_entry& from);
  library_entry* find(const library_entry& from, const step& at,
                      const std::string& name);
  library_entry* open(const std::string& name, const std::string& text,
                      const std::string& whence, place led_at,
                      const std::string& led_by);
  void check();
  void collect_called(workflow& to);
  /// Reports *what* of the step *at* of *from* where the first file leads to
  /// it.
  void complain(const library_entry& from, const step& at,
                const std::string& what);

  const load_context& known_;
  /// The first is the one that is loaded.
  std::deque<workflow_file> files_;
  /// In the order in which they were found; the first is the one that is
  /// loaded.
  std::deque<library_entry> entries_;
  /// Of the context, by name; null if it has mistakes.
  std::map<std::string, library_entry*> opened_;
};

/// The error for a file of *size* bytes, which is too large to be read.
caf::error too_large(const std::string& path, uintmax_t size);

/// Called with a caller, its step and what is wrong.
using call_report = std::function<void(const library_entry& from,
                                       const step& at, const std::string&)>;

/// Reports workflows that call each other without end, whatever happens.
void find_endless_calls(const std::deque<library_entry>& entries,
                        const call_report& report);

/// Reports calls that are too deep on every way to them (`max_call_depth`).
void find_deep_calls(const std::deque<library_entry>& entries,
                     const call_report& report);

} // namespace machine::orchestrator
