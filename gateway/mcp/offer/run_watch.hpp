#pragma once

#include "gateway/api/scope.hpp"
#include "gateway/mcp/service.hpp"

namespace machine::gateway::mcp {

/// Whose watch it is, and what they need to be for it.
struct watcher_rights {
  context_ptr context;
  principal_ptr who;
  /// Of the route by which the run is looked at.
  permission need;
};

/// Tells *to* that *uri* has changed, with every event of the run *id* from
/// now on, for as long as somebody holds the handle, and whenever *whose* may
/// still look at the run then.
caf::expected<watch_handle> watch_run(const watcher_rights& whose,
                                      const std::string& id,
                                      const std::string& uri,
                                      change_listener to);

} // namespace machine::gateway::mcp
