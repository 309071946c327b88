#include "deploy/cli/view.hpp"

#include <cstdio>

namespace machine::cli {

std::string format_elapsed(duration x) {
  auto ms = x.count();
  char text[48];
  if (ms < 10'000)
    std::snprintf(text, sizeof(text), "%d.%d s", static_cast<int>(ms / 1000),
                  static_cast<int>(ms % 1000 / 100));
  else if (ms < 60'000)
    std::snprintf(text, sizeof(text), "%d s", static_cast<int>(ms / 1000));
  else if (ms < 3'600'000)
    std::snprintf(text, sizeof(text), "%d min %02d s",
                  static_cast<int>(ms / 60'000),
                  static_cast<int>(ms / 1000 % 60));
  else
    std::snprintf(text, sizeof(text), "%lld h %02d min",
                  static_cast<long long>(ms / 3'600'000),
                  static_cast<int>(ms / 60'000 % 60));
  return text;
}

std::string format_count(uint64_t x) {
  auto digits = std::to_string(x);
  std::string result;
  for (size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0)
      result += ',';
    result += digits[i];
  }
  return result;
}

} // namespace machine::cli
