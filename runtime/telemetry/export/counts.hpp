#pragma once

#include "runtime/telemetry/metrics.hpp"

#include <functional>

namespace machine {

/// What became of the spans that were recorded.
struct export_counts {
  /// The collector has them.
  uint64_t exported = 0;
  /// The collector did not take them.
  uint64_t failed = 0;
  /// They were never sent: too many waited, or the exporter was stopped.
  uint64_t dropped = 0;
  /// They wait or are being sent.
  uint64_t waiting = 0;

  bool operator==(const export_counts&) const = default;
};

/// Has *to* show what *counts* says as `themachine_trace_spans_total`, by
/// `outcome`, and `themachine_trace_spans_waiting`, until the result is gone.
/// Several exporters add up. Fails as `metrics::counters`.
caf::expected<std::shared_ptr<const void>>
publish(metrics& to, std::function<export_counts()> counts);

} // namespace machine
