#include "gateway/proxy/json_out.hpp"

#include "runtime/wire/document.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

namespace machine::gateway::proxy {

namespace {

/// Whether one of *eight* bytes is a quote, a backslash or a control character.
bool needs_escape(uint64_t eight) {
  constexpr uint64_t ones = 0x0101010101010101;
  constexpr uint64_t highs = 0x8080808080808080;
  auto zeros = [](uint64_t bytes) { return (bytes - ones) & ~bytes & highs; };
  auto controls = (eight - ones * 0x20) & ~eight & highs;
  return (zeros(eight ^ (ones * '"')) | zeros(eight ^ (ones * '\\')) | controls)
      != 0;
}

/// Where the first character stands that cannot be written as it is.
size_t plain_length(std::string_view text) {
  size_t at = 0;
  for (uint64_t eight = 0; at + 8 <= text.size(); at += 8) {
    std::memcpy(&eight, text.data() + at, 8);
    if (needs_escape(eight))
      break;
  }
  while (at < text.size() && text[at] != '"' && text[at] != '\\'
         && static_cast<unsigned char>(text[at]) >= 0x20)
    ++at;
  return at;
}

void append_escape(std::string& out, char c) {
  constexpr std::string_view hex = "0123456789abcdef";
  constexpr std::string_view short_ones = "\"\\\b\f\n\r\t";
  constexpr std::string_view names = "\"\\bfnrt";
  if (auto which = short_ones.find(c); which != short_ones.npos) {
    out += '\\';
    out += names[which];
    return;
  }
  out += "\\u00";
  out += hex[static_cast<unsigned char>(c) >> 4];
  out += hex[static_cast<unsigned char>(c) & 15];
}

} // namespace

void append_escaped(std::string& out, std::string_view text) {
  std::string clean;
  if (!wire::is_utf8(text)) {
    clean = wire::to_utf8(text);
    text = clean;
  }
  while (!text.empty()) {
    auto plain = plain_length(text);
    out += text.substr(0, plain);
    text.remove_prefix(plain);
    if (text.empty())
      return;
    append_escape(out, text.front());
    text.remove_prefix(1);
  }
}

uint64_t seconds_of(timestamp x) {
  using namespace std::chrono;
  return static_cast<uint64_t>(
    std::max<int64_t>(0, duration_cast<seconds>(x.time_since_epoch()).count()));
}

} // namespace machine::gateway::proxy
