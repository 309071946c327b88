#pragma once

#include "deploy/cli/style.hpp"

#include <string>
#include <vector>

namespace machine::cli {

struct column {
  enum side : uint8_t { left, right };

  std::string title;
  side align = left;
};

/// Rows under titles, each column as wide as its widest cell. If that is too
/// wide, the widest columns of text give way.
class table {
public:
  explicit table(std::vector<column> columns) : columns_(std::move(columns)) {}

  /// Cells are made printable; there must be one for each column.
  void add(std::vector<std::string> cells);

  bool empty() const {
    return rows_.empty();
  }

  /// @param width 0: no bound.
  std::vector<line> lines(size_t width) const;

private:
  std::vector<column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

} // namespace machine::cli
