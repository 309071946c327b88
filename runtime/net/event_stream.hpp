#pragma once

#include "runtime/error.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace machine::net {

/// One message of a binary stream of events.
struct event_message {
  /// Those whose value is a text, in their order. Others are checked and left
  /// out.
  std::vector<std::pair<std::string, std::string>> headers;
  std::string payload;

  /// The first header *name*, if there is one.
  std::optional<std::string> header(std::string_view name) const;

  bool operator==(const event_message&) const = default;
};

/// Reads `application/vnd.amazon.eventstream` in whatever pieces it comes
/// (docs.aws.amazon.com/AmazonS3/latest/API/RESTSelectObjectAppendix.html and
/// the Smithy specification of the format): length, length of the headers, a
/// checksum of both, headers, payload, a checksum of everything.
class event_stream_parser {
public:
  /// Bounds on one message, in bytes.
  static constexpr size_t max_message_bytes = 16u << 20;
  static constexpr size_t max_header_bytes = 128u << 10;

  /// The messages that *data* completes. Fails with `limit_exceeded` if one is
  /// too long, and with `corrupt` if a checksum or a header is wrong; the
  /// parser is of no more use then.
  caf::expected<std::vector<event_message>> feed(std::string_view data);

  /// Whether the stream ends between two messages here.
  bool at_boundary() const {
    return pending_.empty();
  }

private:
  std::string pending_;
};

/// *x* as it stands in a stream, with headers that are texts.
std::string encode_event_message(const event_message& x);

/// CRC-32 as in IEEE 802.3 and zlib.
uint32_t crc32(std::string_view x);

} // namespace machine::net
