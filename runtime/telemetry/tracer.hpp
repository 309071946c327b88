#pragma once

#include "runtime/telemetry/span.hpp"

#include <functional>
#include <memory>
#include <optional>

namespace machine {

/// Says which traces are recorded, and takes their spans. A value that is
/// handed down; copies share where spans go. Any thread may call every member.
/// One that was made of nothing is off: it begins no trace and drops all spans.
class tracer {
public:
  /// Takes a span that has ended. Must not block.
  using sink = std::function<void(span)>;

  tracer() = default;

  /// @param ratio Of the traces that begin here, 0 to 1.
  tracer(sink to, double ratio);

  bool is_on() const {
    return to_ != nullptr;
  }

  /// Whether *trace* is recorded: what whoever began it has *decided*, and if
  /// that is not known, what its id says (`is_chosen`).
  bool samples(trace_id trace, std::optional<bool> decided) const;

  /// Ignores what is not sampled.
  void record(span what) const;

private:
  std::shared_ptr<const sink> to_;
  double ratio_ = 0;
};

} // namespace machine
