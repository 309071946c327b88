#pragma once

#include "gateway/websocket/frame.hpp"

#include <string>
#include <variant>

/// What comes out of the bytes of a client.
namespace machine::websocket {

/// A whole message, put together from its fragments.
struct message {
  /// Text, which is valid UTF-8, or binary.
  opcode kind = opcode::text;
  std::string payload;

  bool operator==(const message&) const = default;
};

/// The client wants a pong with the same payload.
struct ping_frame {
  std::string payload;

  bool operator==(const ping_frame&) const = default;
};

/// An answer to a ping, or a sign of life that nobody asked for.
struct pong_frame {
  std::string payload;

  bool operator==(const pong_frame&) const = default;
};

/// The client closes; it wants a close frame with the same code.
struct close_frame {
  /// `no_status` if the client gives none.
  close_code code = close_code::no_status;
  std::string reason;

  bool operator==(const close_frame&) const = default;
};

/// The client broke a rule: the connection has to be closed.
struct failure {
  /// For the close frame.
  close_code code = close_code::protocol_error;
  /// A sentence for the close frame, of at most `max_reason_bytes`.
  std::string reason;

  bool operator==(const failure&) const = default;
};

using event =
  std::variant<message, ping_frame, pong_frame, close_frame, failure>;

} // namespace machine::websocket
