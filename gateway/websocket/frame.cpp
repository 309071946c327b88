#include "gateway/websocket/frame.hpp"

#include "runtime/wire/document.hpp"

#include <limits>

namespace machine::websocket {

namespace {

void append_big_endian(std::string& to, uint64_t x, int bytes) {
  for (auto shift = 8 * (bytes - 1); shift >= 0; shift -= 8)
    to += static_cast<char>(x >> shift);
}

bool is_utf8_tail(char x) {
  return (static_cast<uint8_t>(x) & 0xC0) == 0x80;
}

} // namespace

bool may_be_sent(close_code x) {
  auto code = static_cast<uint16_t>(x);
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014)
      || (code >= 3000 && code <= 4999);
}

void append_header(std::string& to, opcode what, uint64_t payload_bytes) {
  constexpr uint8_t is_final = 0x80;
  to += static_cast<char>(is_final | static_cast<uint8_t>(what));
  if (payload_bytes <= 125) {
    to += static_cast<char>(payload_bytes);
  } else if (payload_bytes <= std::numeric_limits<uint16_t>::max()) {
    to += static_cast<char>(126);
    append_big_endian(to, payload_bytes, 2);
  } else {
    to += static_cast<char>(127);
    append_big_endian(to, payload_bytes, 8);
  }
}

void append_frame(std::string& to, opcode what, std::string_view payload) {
  if (is_control(what))
    payload = payload.substr(0, max_control_bytes);
  append_header(to, what, payload.size());
  to += payload;
}

std::string encode_frame(opcode what, std::string_view payload) {
  constexpr size_t max_header_bytes = 10;
  std::string result;
  result.reserve(max_header_bytes + payload.size());
  append_frame(result, what, payload);
  return result;
}

std::string encode_close(close_code code, std::string_view reason) {
  std::string payload;
  if (may_be_sent(code)) {
    append_big_endian(payload, static_cast<uint16_t>(code), 2);
    // One byte more than has room shows that something is left out. Should that
    // cut a character in two, its replacement has no room either.
    auto text = wire::to_utf8(reason.substr(0, max_reason_bytes + 1));
    if (text.size() > max_reason_bytes) {
      auto end = max_reason_bytes;
      while (end > 0 && is_utf8_tail(text[end]))
        --end;
      text.resize(end);
    }
    payload += text;
  }
  return encode_frame(opcode::close, payload);
}

} // namespace machine::websocket
