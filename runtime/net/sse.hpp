#pragma once

#include "runtime/error.hpp"
#include "runtime/types.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace machine::net {

/// One server-sent event.
struct sse_event {
  /// `message` if the server names none.
  std::string event = "message";
  std::string data;
  /// The last id that the server gave, with this event or before.
  std::string id;

  bool operator==(const sse_event&) const = default;
};

/// Reads a stream of server-sent events in whatever pieces it comes (WHATWG
/// HTML, section 9.2.6).
class sse_parser {
public:
  /// Bound on one event, in bytes.
  static constexpr size_t max_event_bytes = 16u << 20;

  /// A longer id or name of an event is ignored: every later event carries a
  /// copy of the last id.
  static constexpr size_t max_name_bytes = 1u << 10;

  /// The events that *data* completes. Fails with `limit_exceeded` if one is
  /// too long; the parser is of no more use then.
  caf::expected<std::vector<sse_event>> feed(std::string_view data);

  /// How long to wait before connecting again, if the server said so.
  std::optional<duration> retry() const {
    return retry_;
  }

private:
  void take_line(std::vector<sse_event>& out);

  std::string line_;
  sse_event next_;
  bool has_data_ = false;
  bool after_cr_ = false;
  bool at_begin_ = true;
  std::optional<duration> retry_;
};

} // namespace machine::net
