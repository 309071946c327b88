#pragma once

#include "gateway/proxy/front.hpp"

namespace machine::gateway::proxy {

/// Reads the body of `/v1/responses`.
caf::expected<asked> read_response_request(std::string_view body);

} // namespace machine::gateway::proxy
