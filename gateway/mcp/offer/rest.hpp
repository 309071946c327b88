#pragma once

#include "gateway/api/api.hpp"
#include "gateway/http/router.hpp"
#include "gateway/mcp/service.hpp"

namespace machine::gateway::mcp {

/// What a client would have sent to the REST API.
struct rest_request {
  std::string method = "GET";
  /// Path and query.
  std::string target;
  std::string body;
};

/// The routes of the REST API for a client that is here already: the same
/// table, the same permissions, the same answers, without a connection.
class rest {
public:
  explicit rest(std::shared_ptr<const api_context> context);

  /// The route that is made like that; null if there is none.
  const route* find(std::string_view method, std::string_view pattern) const;

  /// The one that *target* is looked at by; null if there is none.
  const route* find(const std::string& target) const;

  /// Answers *what* as *from* may have it; *then* is called once.
  void ask(const call& from, rest_request what,
           std::function<void(http_answer)> then) const;

  /// Why *from* may not ask for *what*, which is found.
  caf::error check(const call& from, const rest_request& what) const;

  const std::shared_ptr<const api_context>& context() const {
    return context_;
  }

private:
  caf::expected<route_match> match(const call& from,
                                   const rest_request& what) const;

  std::shared_ptr<const api_context> context_;
  route_table routes_;
  router router_;
};

/// *text* as a part of a path or a query (RFC 3986).
std::string escape(std::string_view text);

} // namespace machine::gateway::mcp
