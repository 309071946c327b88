#pragma once

#include <string_view>
#include <vector>

namespace machine::agents {

/// Whether *content* is no text, by its beginning.
inline bool is_binary(std::string_view content) {
  return content.substr(0, 8'192).find('\0') != content.npos;
}

/// The lines of *text*, without their ends.
inline std::vector<std::string_view> split_lines(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    auto end = text.find('\n');
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
  }
  return lines;
}

} // namespace machine::agents
