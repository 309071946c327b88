#include "runtime/wire/document.hpp"

#include <cstring>

namespace machine::wire {

namespace {

/// The length of the well-formed sequence at the beginning of *x*, 0 if there
/// is none. The table is RFC 3629, section 4.
size_t sequence(std::string_view x) {
  auto at = [&](size_t i) { return static_cast<unsigned char>(x[i]); };
  auto within = [&](size_t i, unsigned char low, unsigned char high) {
    return i < x.size() && at(i) >= low && at(i) <= high;
  };
  auto tail = [&](size_t i) { return within(i, 0x80, 0xBF); };
  auto lead = at(0);
  if (lead < 0x80)
    return 1;
  if (lead >= 0xC2 && lead <= 0xDF)
    return tail(1) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    auto second = lead == 0xE0 ? within(1, 0xA0, 0xBF)
                : lead == 0xED ? within(1, 0x80, 0x9F)
                               : tail(1);
    return second && tail(2) ? 3 : 0;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    auto second = lead == 0xF0 ? within(1, 0x90, 0xBF)
                : lead == 0xF4 ? within(1, 0x80, 0x8F)
                               : tail(1);
    return second && tail(2) && tail(3) ? 4 : 0;
  }
  return 0;
}

/// How many bytes at the beginning of *x* are ASCII, or some of them.
size_t ascii_at_front(std::string_view x) {
  constexpr uint64_t highs = 0x8080808080808080;
  size_t count = 0;
  for (uint64_t eight = 0; count + 8 <= x.size(); count += 8) {
    std::memcpy(&eight, x.data() + count, 8);
    if ((eight & highs) != 0)
      return count;
  }
  return count;
}

} // namespace

bool is_utf8(std::string_view x) {
  for (;;) {
    x.remove_prefix(ascii_at_front(x));
    if (x.empty())
      return true;
    auto length = sequence(x);
    if (length == 0)
      return false;
    x.remove_prefix(length);
  }
}

std::string excerpt(std::string_view x) {
  constexpr size_t longest = 64;
  if (x.size() <= longest)
    return std::string{x};
  auto end = longest;
  while (end > 0 && (static_cast<unsigned char>(x[end]) & 0xC0) == 0x80)
    --end;
  return std::string{x.substr(0, end)} + "...";
}

std::string to_utf8(std::string_view x) {
  std::string result;
  result.reserve(x.size());
  while (!x.empty()) {
    auto length = sequence(x);
    if (length == 0) {
      result += "\xEF\xBF\xBD";
      length = 1;
    } else {
      result += x.substr(0, length);
    }
    x.remove_prefix(length);
  }
  return result;
}

} // namespace machine::wire
