#pragma once

#include "gateway/api/api.hpp"
#include "gateway/mcp/service.hpp"

namespace machine::gateway::mcp {

/// What a machine offers over MCP: tools and resources, which are routes of its
/// REST API, and the roles of its agents as prompts.
std::shared_ptr<service> make_offer(std::shared_ptr<const api_context> context);

} // namespace machine::gateway::mcp
