#pragma once

#include "runtime/error.hpp"

#include <compare>
#include <optional>
#include <string>
#include <string_view>

namespace machine {

/// Names a trace: all that was done for one request, on however many machines.
/// All zeros is no trace.
struct trace_id {
  uint64_t high = 0;
  uint64_t low = 0;

  explicit operator bool() const {
    return (high | low) != 0;
  }

  auto operator<=>(const trace_id&) const = default;
};

/// Names one operation of a trace. Zero is none.
struct span_id {
  uint64_t value = 0;

  explicit operator bool() const {
    return value != 0;
  }

  auto operator<=>(const span_id&) const = default;
};

/// 32 hexadecimal digits, in lower case.
std::string to_hex(trace_id x);

/// 16 hexadecimal digits, in lower case.
std::string to_hex(span_id x);

/// Where in a trace something happens: W3C Trace Context,
/// https://www.w3.org/TR/trace-context/.
struct trace_context {
  trace_id trace;
  /// The operation itself; what the standard calls `parent-id`, as the next one
  /// sees it.
  span_id span;
  /// Whether it is recorded.
  bool sampled = false;
  /// What other tracing systems pass on, as `parse_tracestate` gives it.
  std::string state;

  bool operator==(const trace_context&) const = default;
};

/// The longest `tracestate` that is passed on, in bytes.
constexpr size_t max_tracestate_bytes = 512;

/// Members of a `tracestate`, at most.
constexpr size_t max_tracestate_members = 32;

/// Reads the header `traceparent`. Of a later version, which may be longer,
/// what this one knows is read. Fails with `invalid_argument`; a new trace
/// begins then.
caf::expected<trace_context> parse_traceparent(std::string_view text);

/// *x* as a header `traceparent` of version 00. Both ids must be set.
std::string format_traceparent(const trace_context& x);

/// Reads the header `tracestate`; several of them are joined by commas first.
/// Members are passed on as they are and in their order, without empty ones and
/// the blanks around them. Of too long a list, members of more than 128 bytes
/// are left out first, and then the last ones, as the standard says. Fails with
/// `invalid_argument` or `limit_exceeded`; it is left out then.
caf::expected<std::string> parse_tracestate(std::string_view text);

/// What both headers say: none without a good `traceparent`; what is wrong with
/// a `tracestate` costs only itself.
std::optional<trace_context> read_trace_context(std::string_view traceparent,
                                                std::string_view tracestate);

/// The operation within *parent* that *random* names.
trace_context new_child(const trace_context& parent, uint64_t random);

/// The first operation of a trace that *id* names. Zeros are replaced.
trace_context new_trace(trace_id id, uint64_t random);

} // namespace machine
