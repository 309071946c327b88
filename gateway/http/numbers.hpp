#pragma once

#include "gateway/http/route.hpp"
#include "runtime/telemetry/metrics.hpp"

#include <array>

/// Included by the parts of the server alone.
namespace machine::gateway {

/// Why the server ends a WebSocket: more waits for the client than may, the
/// client does not read, it shows no sign of life, it breaks a rule, it may not
/// be there any more.
enum class drop_reason : uint8_t { queue, unread, silent, broken, refused };

constexpr size_t drop_reasons = 5;

/// Why a stream of bytes ended before its body did: the client is gone, more
/// waits for it than may, it does not read, it may not be there any more, who
/// made the body could not go on.
enum class break_reason : uint8_t { gone, queue, unread, refused, aborted };

constexpr size_t break_reasons = 5;

/// What a server counts:
///
/// * `themachine_http_requests_total{method, route, status}`: answers, by the
///   pattern of their route and by the class of their status (`2xx`);
/// * `themachine_http_request_seconds{method, route}`: from a complete header
///   to the answer, or to the end of a stream of bytes;
/// * `themachine_http_streamed_bytes_total{method, route}`: bytes that have
/// left
///   in streams of bytes, with heads and chunks, before encryption;
/// * `themachine_http_streams_broken_total{reason}`: those that are not whole;
/// * `themachine_http_connections`, `themachine_http_streams`,
///   `themachine_http_sockets`: open now;
/// * `themachine_http_frames_total`: frames that were sent to WebSockets;
/// * `themachine_http_sockets_dropped_total{reason}`.
class http_numbers {
public:
  /// Counts nothing.
  http_numbers() = default;

  /// Counts in *in* the answers of the routes in *of*, which outlives it.
  static caf::expected<http_numbers> make(metrics& in, const route_table& of);

  /// An answer with *status* after *seconds*. *what* is null for a request that
  /// led to no route.
  void count(const route* what, int status, double seconds) const;

  /// A stream of *bytes* bytes that is over.
  void streamed(const route* what, uint64_t bytes) const;

  /// A stream of bytes that is not whole.
  void broke(break_reason why) const {
    breaks_[static_cast<size_t>(why)].add();
  }

  /// One more, or one less.
  void connections(int change) const {
    connections_.add(change);
  }

  void streams(int change) const {
    streams_.add(change);
  }

  void sockets(int change) const {
    sockets_.add(change);
  }

  /// Frames that have left.
  void frames(size_t count) const {
    frames_.add(static_cast<double>(count));
  }

  /// A WebSocket that the server has ended.
  void drop(drop_reason why) const {
    drops_[static_cast<size_t>(why)].add();
  }

private:
  struct series {
    /// By the first digit of a status.
    std::array<metrics::counter, 6> answers;
    metrics::histogram seconds;
    /// Of routes with streams alone.
    metrics::counter bytes;
  };

  const series& series_of(const route* what) const;

  const route* first_ = nullptr;
  std::vector<series> routes_;
  series none_;
  metrics::gauge connections_;
  metrics::gauge streams_;
  metrics::gauge sockets_;
  metrics::counter frames_;
  std::array<metrics::counter, drop_reasons> drops_;
  std::array<metrics::counter, break_reasons> breaks_;
};

} // namespace machine::gateway
