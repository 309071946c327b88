#pragma once

#include <cstdint>
#include <string_view>

namespace machine::websocket {

/// Checks UTF-8 that comes in pieces (RFC 3629, section 4).
class utf8_checker {
public:
  /// Goes on with *piece*.
  /// @returns whether what came so far can still become UTF-8. Once it cannot,
  ///          the checker is of no more use.
  bool feed(std::string_view piece);

  /// Whether what came so far ends between two characters.
  bool is_complete() const {
    return missing_ == 0;
  }

private:
  bool feed_byte(uint8_t x);

  /// Bytes that the character under way still needs.
  uint8_t missing_ = 0;
  /// Between what the next of them lies.
  uint8_t low_ = 0;
  uint8_t high_ = 0;
};

} // namespace machine::websocket
