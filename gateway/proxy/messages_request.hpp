#pragma once

#include "gateway/proxy/front.hpp"

namespace machine::gateway::proxy {

/// What a request is for.
enum class message_purpose : uint8_t {
  /// An answer; the request bounds it.
  answer,
  /// The count of its tokens.
  count,
};

/// Reads the body of `/v1/messages`, or of `/v1/messages/count_tokens`.
caf::expected<asked> read_message_request(std::string_view body,
                                          message_purpose what_for);

} // namespace machine::gateway::proxy
