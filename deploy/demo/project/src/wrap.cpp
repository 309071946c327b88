#include "text/wrap.hpp"

namespace text {

std::string wrap(const std::string& input, std::size_t width) {
  std::string result;
  std::size_t used = 0;
  std::size_t at = 0;
  while (at < input.size()) {
    auto end = input.find(' ', at);
    if (end == std::string::npos)
      end = input.size();
    auto size = end - at;
    if (size > 0) {
      if (used > 0 && used + 1 + size > width) {
        result += '\n';
        used = 0;
      } else if (used > 0) {
        result += ' ';
        ++used;
      }
      result.append(input, at, size);
      used += size;
    }
    at = end + 1;
  }
  return result;
}

} // namespace text
