#pragma once

#include "gateway/http/route.hpp"
#include "gateway/mcp/service.hpp"
#include "gateway/mcp/session.hpp"

namespace machine::gateway::mcp {

struct door_options {
  std::shared_ptr<service> what;
  /// Pages of these origins may ask, beside the server's own.
  std::vector<std::string> origins;
  session_bounds sessions;
  /// Bound on streams of `subscriptions/listen`.
  size_t max_listeners = 1'000;
  /// Makes the answer to a request one that counts the stream which it is for,
  /// if that lasts as long as its client likes.
  std::function<responder_ptr(const http_request&, responder_ptr)> counted =
    [](const http_request&, responder_ptr to) { return to; };
};

/// Adds `/mcp`: streamable HTTP in the revisions from 2025-06-18 on.
void add_routes(route_table& to, door_options options);

} // namespace machine::gateway::mcp
