#pragma once

#include <string_view>

namespace machine::test {

/// Whether *part* stands in *text*.
inline bool has(std::string_view text, std::string_view part) {
  return text.find(part) != text.npos;
}

} // namespace machine::test
