#pragma once

#include "gateway/http/route.hpp"
#include "runtime/telemetry/tracer.hpp"

/// Included by the parts of the server alone.
namespace machine::gateway {

/// A request as its trace knows it.
struct request_trace {
  /// The operation that it is; without ids: it is in no trace.
  trace_context self;
  /// The client's operation.
  span_id parent;
  timestamp begun{};

  explicit operator bool() const {
    return bool{self.trace};
  }
};

/// Continues the trace that the client's headers name. If they name none, it
/// begins one if traces are recorded. *traceparent* is empty if there are
/// several.
/// @param id Of the trace that it may begin.
/// @param span Of the operation.
request_trace continue_trace(const tracer& by, std::string_view traceparent,
                             std::string_view tracestate, trace_id id,
                             uint64_t span, timestamp now);

/// The same with random ids.
request_trace continue_trace(const tracer& by, std::string_view traceparent,
                             std::string_view tracestate);

/// How a request was answered.
struct answered_request {
  std::string_view method;
  /// Null if it led to no route.
  const route* what = nullptr;
  int status = 0;
  /// The code of the problem that the client was told of; empty: none.
  std::string_view problem;
  /// See `http_request::id`.
  std::string_view id;
  /// `http` or `https`.
  std::string_view scheme;
  /// Of HTTP, `1.1`; empty: of a message on a WebSocket.
  std::string_view version;
};

/// The span of a request (OpenTelemetry's conventions for HTTP servers). What a
/// client may write as it likes is not in it: of the path the route's pattern,
/// of the method whether it is a known one, and neither query nor body nor
/// headers, other than `X-Request-Id`, which is in answers and logs, too.
span span_of_request(const request_trace& x, const answered_request& how,
                     timestamp now);

/// The trace's name for log lines; empty: there is none.
inline std::string name_of_trace(const trace_context& x) {
  return x.trace ? to_hex(x.trace) : std::string{};
}

} // namespace machine::gateway
