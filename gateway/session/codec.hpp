#pragma once

#include "gateway/session/messages.hpp"
#include "gateway/websocket/event.hpp"
#include "runtime/error.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace machine::gateway::session {

/// How messages are spelled.
enum class dialect : uint8_t { json, msgpack };

constexpr size_t dialects = 2;

/// The subprotocols, of which the first that a client offers counts.
std::vector<std::string> protocols();

/// What *protocol*, which is one of `protocols`, is spelled in.
dialect dialect_of(std::string_view protocol);

/// A message that does not read.
struct misread {
  /// What it says as its `id`, if that much is clear.
  std::optional<std::string> id;
  caf::error why;
};

/// Bound on a message of a client, in bytes.
constexpr size_t max_message_bytes = 1u << 20;

/// Bound on the name that a client gives to a message, in bytes.
constexpr size_t max_id_bytes = 64;

/// What a client has sent. JSON comes as text, MessagePack as binary.
std::variant<client_message, misread> read_message(dialect by,
                                                   const websocket::message& x);

/// A frame with *what* in it.
std::string encode(dialect by, const server_message& what);

} // namespace machine::gateway::session
