#include "gateway/websocket/utf8.hpp"

#include <bit>
#include <cstring>

namespace machine::websocket {

namespace {

constexpr uint8_t low_tail = 0x80;
constexpr uint8_t high_tail = 0xBF;

/// The number of bytes of ASCII that *x* begins with; of the last 7 bytes of
/// *x*, none count.
size_t ascii_prefix(std::string_view x) {
  constexpr uint64_t high_bits = 0x8080808080808080;
  size_t result = 0;
  for (; result + sizeof(uint64_t) <= x.size(); result += sizeof(uint64_t)) {
    uint64_t word = 0;
    std::memcpy(&word, x.data() + result, sizeof(word));
    auto others = word & high_bits;
    if (others == 0)
      continue;
    auto before = std::endian::native == std::endian::little
                  ? std::countr_zero(others)
                  : std::countl_zero(others);
    return result + before / 8;
  }
  return result;
}

} // namespace

inline bool utf8_checker::feed_byte(uint8_t x) {
  if (missing_ > 0) {
    if (x < low_ || x > high_)
      return false;
    --missing_;
    low_ = low_tail;
    high_ = high_tail;
    return true;
  }
  if (x < 0x80)
    return true;
  if (x < 0xC2 || x > 0xF4)
    return false;
  missing_ = x < 0xE0 ? 1 : x < 0xF0 ? 2 : 3;
  // No overlong forms, no surrogates, nothing above U+10FFFF.
  low_ = x == 0xE0 ? 0xA0 : x == 0xF0 ? 0x90 : low_tail;
  high_ = x == 0xED ? 0x9F : x == 0xF4 ? 0x8F : high_tail;
  return true;
}

bool utf8_checker::feed(std::string_view piece) {
  // In a copy nothing of it has to be written back for each byte.
  auto state = *this;
  for (size_t at = 0; at < piece.size(); ++at) {
    if (state.missing_ == 0) {
      at += ascii_prefix(piece.substr(at));
      if (at == piece.size())
        break;
    }
    if (!state.feed_byte(static_cast<uint8_t>(piece[at])))
      return false;
  }
  *this = state;
  return true;
}

} // namespace machine::websocket
