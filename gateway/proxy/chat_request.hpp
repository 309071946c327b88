#pragma once

#include "gateway/proxy/front.hpp"

namespace machine::gateway::proxy {

/// Reads the body of `/v1/chat/completions`.
caf::expected<asked> read_chat_request(std::string_view body);

} // namespace machine::gateway::proxy
