#pragma once

#include "runtime/types.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

/// What programs of libFuzzer share.
namespace machine::fuzz {

/// Ends the program, which is how libFuzzer learns of a mistake.
inline void require(bool holds) {
  if (!holds)
    std::abort();
}

/// What was made up: first numbers that choose, then a text.
class input {
public:
  input(const uint8_t* data, size_t size) : rest_(data, size) {}

  /// 0 at the end.
  uint8_t byte() {
    if (rest_.empty())
      return 0;
    auto result = rest_.front();
    rest_ = rest_.subspan(1);
    return result;
  }

  bool is_empty() const {
    return rest_.empty();
  }

  std::string_view text() const {
    return as_text(rest_);
  }

  bytes_view data() const {
    return rest_;
  }

  /// The parts of the text between the characters *mark*, at most *most*.
  std::vector<std::string_view> parts(char mark, size_t most) const {
    std::vector<std::string_view> result;
    auto left = text();
    while (result.size() + 1 < most) {
      auto end = left.find(mark);
      if (end == left.npos)
        break;
      result.push_back(left.substr(0, end));
      left.remove_prefix(end + 1);
    }
    result.push_back(left);
    return result;
  }

private:
  bytes_view rest_;
};

} // namespace machine::fuzz
