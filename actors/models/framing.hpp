#pragma once

#include "runtime/error.hpp"
#include "runtime/net/sse.hpp"

#include <memory>
#include <string_view>
#include <vector>

namespace machine::models {

/// How the body of a streamed answer is cut into events, in whatever pieces it
/// comes.
class framing {
public:
  virtual ~framing() = default;

  /// The events that *data* completes. After an error it is of no more use.
  virtual caf::expected<std::vector<net::sse_event>>
  feed(std::string_view data) = 0;
};

/// Server-sent events.
std::unique_ptr<framing> sse_framing();

/// The binary messages of AWS, `application/vnd.amazon.eventstream`: the name
/// of an event is its type, or that of the exception.
std::unique_ptr<framing> aws_framing();

} // namespace machine::models
