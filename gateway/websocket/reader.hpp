#pragma once

#include "gateway/websocket/event.hpp"
#include "gateway/websocket/header.hpp"
#include "gateway/websocket/utf8.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace machine::websocket {

struct reader_limits {
  /// Of one message, in bytes. A frame that leads beyond it fails with 1009 as
  /// soon as its header is there.
  size_t max_message_bytes = 1u << 20;
  /// Frames that one message is made of; more fail with 1008. Empty ones add
  /// nothing to the message, so that its size does not bound them.
  size_t max_fragments = 1u << 14;
};

/// What a reader made of some bytes.
struct reading {
  /// How many of them it took: all, if there is no event and the reader is not
  /// done.
  size_t taken = 0;
  std::optional<event> found;
};

/// Reads what a client sends after the handshake, in whatever pieces it comes
/// (RFC 6455, sections 5 and 8.1). The events do not depend on the pieces.
/// Bytes are buffered as they come, whatever a header announces:
/// `max_message_bytes` and `max_control_bytes` at most, and once more while the
/// buffer grows.
class reader {
public:
  explicit reader(reader_limits limits = {}) : limits_(limits) {}

  /// Goes on with *bytes* until the first event. After it, call again with what
  /// was not taken.
  reading read(std::string_view bytes);

  /// Whether there was a `close_frame` or a `failure`; nothing more is taken
  /// then.
  bool is_done() const {
    return done_;
  }

  /// Memory for payloads that are not complete, in bytes.
  size_t held_bytes() const {
    return message_.capacity() + control_.capacity();
  }

private:
  std::optional<failure> begin_frame();
  std::optional<failure> take_payload(std::string_view chunk);
  std::optional<event> end_frame(opcode what);
  std::optional<event> end_message();
  std::optional<event> end_close();
  event fail(failure why);
  void make_room(size_t bytes);

  reader_limits limits_;
  header_reader header_;
  /// Of the frame under way, bytes that have not come.
  uint64_t left_ = 0;
  /// Of the message under way: its kind, its payload, its frames.
  opcode kind_ = opcode::text;
  std::string message_;
  size_t fragments_ = 0;
  utf8_checker text_;
  /// The payload of a control frame, which may stand between two fragments.
  std::string control_;
  bool done_ = false;
};

} // namespace machine::websocket
