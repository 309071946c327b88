#pragma once

#include "gateway/websocket/event.hpp"
#include "gateway/websocket/mask.hpp"

#include <array>
#include <optional>

namespace machine::websocket {

/// Reads the header of one frame of a client (RFC 6455, section 5.2), and
/// checks all that does not depend on other frames.
class header_reader {
public:
  /// Takes one more byte of a header that is not complete.
  /// @returns the rule that the header breaks, as soon as it is seen.
  std::optional<failure> take(uint8_t byte) {
    bytes_[size_++] = byte;
    if (size_ == next_check_)
      return check();
    return std::nullopt;
  }

  bool is_complete() const {
    return size_ == needed_;
  }

  /// Whether this is the last frame of a message. What follows is known of a
  /// complete header.
  bool is_final() const;

  opcode what() const;

  /// Below 2^63.
  uint64_t payload_bytes() const;

  mask_key mask() const;

private:
  std::optional<failure> check();
  std::optional<failure> check_first() const;
  std::optional<failure> check_second() const;
  std::optional<failure> check_length() const;

  size_t length_bytes() const;

  static constexpr size_t max_header_bytes = 14;

  std::array<uint8_t, max_header_bytes> bytes_{};
  size_t size_ = 0;
  /// Both grow when the second byte says how long the header is.
  size_t needed_ = 2;
  size_t next_check_ = 1;
};

} // namespace machine::websocket
