#pragma once

#include "gateway/websocket/reader.hpp"

#include <string>
#include <string_view>
#include <vector>

/// A client that makes frames byte by byte, wrong ones as well.
namespace machine::test {

using websocket::mask_key;

constexpr mask_key some_mask{0x37, 0xFA, 0x21, 0x3D};

/// *payload* with the mask on, or off again.
inline std::string masked(std::string_view payload, const mask_key& mask) {
  std::string result;
  for (size_t i = 0; i < payload.size(); ++i)
    result += static_cast<char>(payload[i] ^ mask[i % 4]);
  return result;
}

/// A masked frame. *first* is the first byte of its header: 0x81 is text and
/// the end of its message, 0x01 text that goes on.
inline std::string client_frame(uint8_t first, std::string_view payload,
                                const mask_key& mask = some_mask) {
  std::string result{static_cast<char>(first)};
  auto size = payload.size();
  auto bytes = size <= 125 ? 0 : size <= 0xFFFF ? 2 : 8;
  auto second = bytes == 0 ? size : bytes == 2 ? 126 : 127;
  result += static_cast<char>(0x80 | second);
  for (auto i = bytes - 1; i >= 0; --i)
    result += static_cast<char>(size >> (8 * i));
  result.append(mask.begin(), mask.end());
  return result + masked(payload, mask);
}

/// All that *by* finds in *bytes*, which come at once.
inline std::vector<websocket::event> read_all(websocket::reader& by,
                                              std::string_view bytes) {
  std::vector<websocket::event> result;
  for (;;) {
    auto [taken, found] = by.read(bytes);
    if (!found)
      return result;
    result.push_back(std::move(*found));
    bytes.remove_prefix(taken);
  }
}

inline std::vector<websocket::event>
read_all(std::string_view bytes, websocket::reader_limits limits = {}) {
  websocket::reader by{limits};
  return read_all(by, bytes);
}

} // namespace machine::test
