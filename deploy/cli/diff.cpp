#include "deploy/cli/diff.hpp"

#include "deploy/cli/text.hpp"

#include <algorithm>

namespace machine::cli {

namespace {

/// Lines between `diff` and the first `@@` speak about the file.
enum class place : uint8_t { head, hunk };

style look_of(std::string_view text, place where) {
  if (where == place::head)
    return style::bold;
  if (text.starts_with("@@"))
    return style::cyan;
  if (text.starts_with('+'))
    return style::green;
  if (text.starts_with('-'))
    return style::red;
  return style::plain;
}

} // namespace

std::vector<line> diff_lines(std::string_view diff) {
  std::vector<line> result;
  auto where = place::head;
  while (!diff.empty()) {
    auto end = std::min(diff.find('\n'), diff.size());
    auto text = diff.substr(0, end);
    diff.remove_prefix(std::min(end + 1, diff.size()));
    if (text.starts_with("diff "))
      where = place::head;
    else if (text.starts_with("@@"))
      where = place::hunk;
    result.push_back({{visible(text), look_of(text, where)}});
  }
  return result;
}

} // namespace machine::cli
