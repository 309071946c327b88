#pragma once

#include "runtime/error.hpp"

#include <map>
#include <string>
#include <vector>

namespace machine::orchestrator {

/// A place in a file; lines and columns count from 1, 0 is nowhere.
struct place {
  int line = 0;
  int column = 0;
};

/// What is wrong with a file.
class problems {
public:
  explicit problems(std::string file) : file_(std::move(file)) {}

  void add(place where, const std::string& what);

  /// The file could not be looked at, which is no fault of its own.
  void interrupt(const caf::error& why) {
    interrupted_ = why;
  }

  /// Problems that `to_error` shows.
  static constexpr size_t most_shown = 20;

  size_t size() const {
    return lines_.size();
  }

  bool empty() const {
    return lines_.empty() && !interrupted_;
  }

  /// All of it, by line, as one error; or what it was interrupted by.
  caf::error to_error() const;

private:
  std::string file_;
  caf::error interrupted_;
  std::multimap<std::pair<int, int>, std::string> lines_;
};

/// Where the parts of a workflow stand in its file, for what is found later.
struct source_map {
  std::map<std::string, place> steps;
  place output;
};

} // namespace machine::orchestrator
