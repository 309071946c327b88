#pragma once

#include "gateway/api/scope.hpp"
#include "gateway/mcp/service.hpp"

namespace machine::gateway::mcp {

/// Tells *to* that *uri* has changed, with every event of the run *id* from
/// now on, for as long as somebody holds the handle.
caf::expected<watch_handle> watch_run(const scope& in, const std::string& id,
                                      const std::string& uri,
                                      change_listener to);

} // namespace machine::gateway::mcp
