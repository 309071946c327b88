#pragma once

#include "gateway/http/contract.hpp"
#include "gateway/http/exchange.hpp"
#include "gateway/http/permission.hpp"

#include "runtime/types.hpp"

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace machine::gateway {

/// Answers a request, now or later. It runs on a thread of the server and must
/// not block.
using route_handler = std::function<void(http_request, responder_ptr)>;

struct route {
  std::string method;
  /// `/api/v1/runs/{id}/events`
  std::string pattern;
  permission who;
  /// Parameters of the query that it knows; others are refused.
  std::set<std::string> query;
  /// For the documentation.
  std::string summary;
  contract what;
  route_handler handle;
  /// Bound on the body, in bytes.
  size_t max_body = 2u << 20;
  /// How long its answer may take; none: as that of any other.
  std::optional<duration> patience{};
  /// Says in the words of its clients why a request is refused that never came
  /// to `handle`; null: as RFC 9457 has it.
  http_answer (*in_dialect)(const http_request& asked,
                            http_answer problem) = nullptr;
};

/// Whether the audit log has every use of *x* that is let in: it changes
/// something, and is not excepted (see `permission::unaudited`).
inline bool is_audited(const route& x) {
  return x.method != "GET" && x.method != "HEAD" && x.who.is_audited();
}

using route_table = std::vector<route>;

} // namespace machine::gateway
