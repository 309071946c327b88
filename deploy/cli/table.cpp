#include "deploy/cli/table.hpp"

#include "deploy/cli/text.hpp"

#include <algorithm>
#include <numeric>

namespace machine::cli {

namespace {

constexpr size_t gap = 2;
constexpr size_t narrowest = 8;

} // namespace

void table::add(std::vector<std::string> cells) {
  cells.resize(columns_.size());
  for (auto& cell : cells)
    cell = first_line(cell);
  rows_.push_back(std::move(cells));
}

std::vector<line> table::lines(size_t width) const {
  std::vector<size_t> widths;
  for (size_t i = 0; i < columns_.size(); ++i) {
    auto widest = width_of(std::string_view{columns_[i].title});
    for (auto& row : rows_)
      widest = std::max(widest, width_of(std::string_view{row[i]}));
    widths.push_back(widest);
  }
  auto total = [&] {
    return std::accumulate(widths.begin(), widths.end(),
                           gap * (widths.size() - 1));
  };
  while (width > 0 && total() > width) {
    size_t widest = columns_.size();
    for (size_t i = 0; i < columns_.size(); ++i)
      if (columns_[i].align == column::left && widths[i] > narrowest
          && (widest == columns_.size() || widths[i] > widths[widest]))
        widest = i;
    if (widest == columns_.size())
      break;
    --widths[widest];
  }
  std::vector<line> result;
  auto add = [&](auto cell_of, style look) {
    line x;
    for (size_t i = 0; i < columns_.size(); ++i) {
      auto cell = clip(cell_of(i), widths[i]);
      auto space = std::string(
        widths[i] - std::min(widths[i], width_of(std::string_view{cell})), ' ');
      auto last = i + 1 == columns_.size();
      auto text = columns_[i].align == column::right ? space + cell
                : last                               ? cell
                                                     : cell + space;
      x.push_back({i == 0 ? text : std::string(gap, ' ') + text, look});
    }
    result.push_back(width == 0 ? std::move(x) : clip(x, width));
  };
  add([&](size_t i) -> const std::string& { return columns_[i].title; },
      style::dim);
  for (auto& row : rows_)
    add([&](size_t i) -> const std::string& { return row[i]; }, style::plain);
  return result;
}

} // namespace machine::cli
