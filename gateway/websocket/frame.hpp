#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

/// WebSocket (RFC 6455) without a socket.
namespace machine::websocket {

/// What a frame is (RFC 6455, section 5.2).
enum class opcode : uint8_t {
  continuation = 0,
  text = 1,
  binary = 2,
  close = 8,
  ping = 9,
  pong = 10,
};

/// Whether *x* is close, ping or pong.
constexpr bool is_control(opcode x) {
  return static_cast<uint8_t>(x) >= 8;
}

/// Bound on the payload of a control frame, in bytes.
constexpr size_t max_control_bytes = 125;

/// Bound on the reason of a close frame, in bytes: two are the code.
constexpr size_t max_reason_bytes = max_control_bytes - 2;

/// Why a connection is closed (RFC 6455, section 7.4, and IANA's registry of
/// close codes). Applications have codes of their own, from 3000 to 4999.
enum class close_code : uint16_t {
  normal = 1000,
  /// The server stops, or the page is left.
  going_away = 1001,
  protocol_error = 1002,
  /// A kind of message that this end does not take.
  unsupported_data = 1003,
  /// Stands for a close frame without a code, and never in one.
  no_status = 1005,
  /// Text that is not UTF-8.
  invalid_payload = 1007,
  policy_violation = 1008,
  message_too_big = 1009,
  internal_error = 1011,
  service_restart = 1012,
  try_again_later = 1013,
};

/// Whether *x* may stand in a close frame: 1000 to 1003, 1007 to 1014, and 3000
/// to 4999.
bool may_be_sent(close_code x);

/// Appends the header of an unmasked frame that is a whole message; its payload
/// of *payload_bytes* has to follow. Those of a control frame are at most
/// `max_control_bytes`.
void append_header(std::string& to, opcode what, uint64_t payload_bytes);

/// Appends an unmasked frame that is a whole message. What a control frame has
/// no room for is left out.
void append_frame(std::string& to, opcode what, std::string_view payload);

/// An unmasked frame that is a whole message, as of `append_frame`.
std::string encode_frame(opcode what, std::string_view payload);

/// A close frame. Without a code that may be sent it is empty; a *reason* is
/// made UTF-8 and cut between two characters to `max_reason_bytes`.
std::string encode_close(close_code code, std::string_view reason = {});

} // namespace machine::websocket
