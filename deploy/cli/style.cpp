#include "deploy/cli/style.hpp"

#include "deploy/cli/text.hpp"

namespace machine::cli {

namespace {

std::string_view escape_of(style x) {
  switch (x) {
    case style::plain: return "";
    case style::bold: return "\x1b[1m";
    case style::dim: return "\x1b[2m";
    case style::green: return "\x1b[32m";
    case style::red: return "\x1b[31m";
    case style::yellow: return "\x1b[33m";
    case style::cyan: return "\x1b[36m";
  }
  return "";
}

} // namespace

size_t width_of(const line& x) {
  size_t result = 0;
  for (auto& part : x)
    result += width_of(std::string_view{part.text});
  return result;
}

line clip(const line& x, size_t width) {
  line result;
  for (auto& part : x) {
    auto size = width_of(std::string_view{part.text});
    if (size <= width) {
      result.push_back(part);
      width -= size;
      continue;
    }
    result.push_back({clip(part.text, width), part.look});
    break;
  }
  return result;
}

line spread(const line& left, const line& right, size_t width) {
  auto taken = width_of(right);
  if (taken == 0 || taken + 8 > width)
    return clip(left, width);
  auto result = clip(left, width - taken - 1);
  result.push_back({std::string(width - taken - width_of(result), ' ')});
  result.insert(result.end(), right.begin(), right.end());
  return result;
}

std::string to_text(const line& x, colour_mode colours) {
  std::string result;
  for (auto& part : x) {
    if (colours == colour_mode::none || part.look == style::plain
        || part.text.empty()) {
      result += part.text;
    } else {
      result += escape_of(part.look);
      result += part.text;
      result += "\x1b[0m";
    }
  }
  if (colours == colour_mode::none) {
    auto end = result.find_last_not_of(' ');
    result.resize(end == std::string::npos ? 0 : end + 1);
  }
  return result;
}

} // namespace machine::cli
