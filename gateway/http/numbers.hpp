#pragma once

#include "gateway/http/route.hpp"
#include "runtime/telemetry/metrics.hpp"

#include <array>

/// Included by the parts of the server alone.
namespace machine::gateway {

/// What a server counts:
///
/// * `themachine_http_requests_total{method, route, status}`: answers, by the
///   pattern of their route and by the class of their status (`2xx`);
/// * `themachine_http_request_seconds{method, route}`: from a complete header
///   to the answer;
/// * `themachine_http_connections`, `themachine_http_streams`: open now.
class http_numbers {
public:
  /// Counts nothing.
  http_numbers() = default;

  /// Counts in *in* the answers of the routes in *of*, which outlives it.
  static caf::expected<http_numbers> make(metrics& in, const route_table& of);

  /// An answer with *status* after *seconds*. *what* is null for a request that
  /// led to no route.
  void count(const route* what, int status, double seconds) const;

  /// One more, or one less.
  void connections(int change) const {
    connections_.add(change);
  }

  void streams(int change) const {
    streams_.add(change);
  }

private:
  struct series {
    /// By the first digit of a status.
    std::array<metrics::counter, 6> answers;
    metrics::histogram seconds;
  };

  const route* first_ = nullptr;
  std::vector<series> routes_;
  series none_;
  metrics::gauge connections_;
  metrics::gauge streams_;
};

} // namespace machine::gateway
