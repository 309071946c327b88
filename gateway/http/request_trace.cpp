#include "gateway/http/request_trace.hpp"

#include "runtime/clock.hpp"
#include "runtime/telemetry/semantic_conventions.hpp"

#include <sodium.h>

#include <algorithm>
#include <array>

namespace machine::gateway {

namespace {

/// RFC 9110, section 9, and RFC 5789.
constexpr std::array<std::string_view, 9> known_methods{
  "CONNECT", "DELETE", "GET", "HEAD", "OPTIONS",
  "PATCH",   "POST",   "PUT", "TRACE"};

std::string name_of(const answered_request& how, bool is_known) {
  std::string method{is_known ? how.method : "HTTP"};
  return semconv::span_name(method, how.what != nullptr ? how.what->pattern
                                                        : std::string{});
}

} // namespace

request_trace continue_trace(const tracer& by, std::string_view traceparent,
                             std::string_view tracestate, trace_id id,
                             uint64_t span, timestamp now) {
  request_trace result;
  result.begun = now;
  if (auto from = read_trace_context(traceparent, tracestate)) {
    result.parent = from->span;
    result.self = new_child(*from, span);
  } else if (by.is_on()) {
    result.self = new_trace(id, span);
    result.self.sampled = by.samples(result.self.trace, std::nullopt);
  }
  return result;
}

request_trace continue_trace(const tracer& by, std::string_view traceparent,
                             std::string_view tracestate) {
  // Most machines record nothing, and most clients are in no trace.
  if (traceparent.empty() && !by.is_on())
    return {};
  std::array<uint64_t, 3> random{};
  randombytes_buf(random.data(), sizeof random);
  return continue_trace(by, traceparent, tracestate, {random[0], random[1]},
                        random[2], wall_clock());
}

span span_of_request(const request_trace& x, const answered_request& how,
                     timestamp now) {
  auto is_known =
    std::find(known_methods.begin(), known_methods.end(), how.method)
    != known_methods.end();
  span result{x.self, x.parent, name_of(how, is_known), span_kind::server,
              x.begun};
  result.set(semconv::http_method,
             std::string{is_known ? how.method : "_OTHER"});
  if (how.what != nullptr)
    result.set(semconv::http_route, how.what->pattern);
  result.set(semconv::http_status, int64_t{how.status});
  result.set(semconv::url_scheme, std::string{how.scheme});
  if (!how.version.empty())
    result.set(semconv::protocol_version, std::string{how.version});
  if (!how.id.empty())
    result.set(semconv::request_id, std::string{how.id});
  if (!how.problem.empty())
    result.set(semconv::problem_code, std::string{how.problem});
  if (how.status >= 500)
    result.fail(how.problem.empty() ? std::to_string(how.status)
                                    : std::string{how.problem},
                "");
  result.end(now);
  return result;
}

} // namespace machine::gateway
