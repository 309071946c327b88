#pragma once

#include "gateway/http/exchange.hpp"

#include <functional>
#include <set>
#include <string>
#include <vector>

namespace machine::gateway {

/// Who may use a route.
enum class access : uint8_t { anybody, token };

/// Answers a request, now or later. It runs on a thread of the server and must
/// not block.
using route_handler = std::function<void(http_request, responder_ptr)>;

struct route {
  std::string method;
  /// `/api/v1/runs/{id}/events`
  std::string pattern;
  access who = access::token;
  /// Parameters of the query that it knows; others are refused.
  std::set<std::string> query;
  /// For the documentation.
  std::string summary;
  route_handler handle;
  /// Bound on the body, in bytes.
  size_t max_body = 2u << 20;
};

using route_table = std::vector<route>;

/// What a target leads to.
struct route_match {
  const route* what = nullptr;
  /// Path, parameters and query are filled in.
  http_request request;
  /// Methods that the path has, if the method is another.
  std::string allowed;
};

/// Finds the route for *method* and *target*. Fails with `invalid_argument` for
/// a target that does not read, or a query that the route does not know.
caf::expected<route_match> find_route(const route_table& in,
                                      std::string_view method,
                                      std::string_view target);

/// Decodes `%41`; none for what is no encoding, no UTF-8 or has controls.
std::optional<std::string> decode_percent(std::string_view x);

} // namespace machine::gateway
