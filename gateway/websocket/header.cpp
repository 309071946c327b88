#include "gateway/websocket/header.hpp"

#include <algorithm>

namespace machine::websocket {

namespace {

constexpr uint8_t final_bit = 0x80;
constexpr uint8_t reserved_bits = 0x70;
constexpr uint8_t opcode_bits = 0x0F;
constexpr uint8_t mask_bit = 0x80;
constexpr uint8_t length_bits = 0x7F;

/// Lengths of which the next 2 or 8 bytes are the length.
constexpr uint8_t length_of_16_bits = 126;
constexpr uint8_t length_of_64_bits = 127;

bool is_known(opcode x) {
  switch (x) {
    case opcode::continuation:
    case opcode::text:
    case opcode::binary:
    case opcode::close:
    case opcode::ping:
    case opcode::pong: return true;
  }
  return false;
}

failure broken(std::string rule) {
  return {close_code::protocol_error, std::move(rule)};
}

} // namespace

std::optional<failure> header_reader::check() {
  switch (size_) {
    case 1: next_check_ = 2; return check_first();
    case 2:
      // Without a longer length that is a size which has passed.
      next_check_ = 2 + length_bytes();
      needed_ = next_check_ + std::tuple_size_v<mask_key>;
      return check_second();
    default: return check_length();
  }
}

bool header_reader::is_final() const {
  return (bytes_[0] & final_bit) != 0;
}

opcode header_reader::what() const {
  return static_cast<opcode>(bytes_[0] & opcode_bits);
}

uint64_t header_reader::payload_bytes() const {
  auto count = length_bytes();
  if (count == 0)
    return bytes_[1] & length_bits;
  uint64_t result = 0;
  for (size_t i = 0; i < count; ++i)
    result = (result << 8) | bytes_[2 + i];
  return result;
}

mask_key header_reader::mask() const {
  mask_key result;
  std::copy_n(bytes_.begin() + 2 + length_bytes(), result.size(),
              result.begin());
  return result;
}

size_t header_reader::length_bytes() const {
  switch (bytes_[1] & length_bits) {
    case length_of_16_bits: return 2;
    case length_of_64_bits: return 8;
    default: return 0;
  }
}

std::optional<failure> header_reader::check_first() const {
  if ((bytes_[0] & reserved_bits) != 0)
    return broken("a frame has reserved bits set; no extension is in use");
  if (!is_known(what()))
    return broken("a frame has the unknown opcode "
                  + std::to_string(bytes_[0] & opcode_bits));
  if (is_control(what()) && !is_final())
    return broken("a close, ping or pong is fragmented; it has to be one "
                  "frame");
  return std::nullopt;
}

std::optional<failure> header_reader::check_second() const {
  if ((bytes_[1] & mask_bit) == 0)
    return broken("a frame has no mask; clients have to mask all frames");
  if (is_control(what()) && (bytes_[1] & length_bits) > max_control_bytes)
    return broken("a close, ping or pong has more than 125 bytes");
  return std::nullopt;
}

std::optional<failure> header_reader::check_length() const {
  auto length = payload_bytes();
  if (length_bytes() == 8 && length >> 63 != 0)
    return broken("a frame has a length of 2^63 or more");
  auto minimal = length_bytes() == 2 ? length > 125 : length > 0xFFFF;
  if (!minimal)
    return broken("a frame spells its length in more bytes than it needs");
  return std::nullopt;
}

} // namespace machine::websocket
