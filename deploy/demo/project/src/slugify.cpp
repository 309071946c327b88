#include "text/slugify.hpp"

#include <cctype>

namespace text {

std::string slugify(const std::string& title) {
  std::string result;
  for (unsigned char c : title) {
    if (std::isalnum(c))
      result += static_cast<char>(std::tolower(c));
    else if (!result.empty() && result.back() != '-')
      result += '-';
  }
  while (!result.empty() && result.back() == '-')
    result.pop_back();
  return result;
}

} // namespace text
