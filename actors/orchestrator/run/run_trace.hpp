#pragma once

#include "runtime/wire/describe.hpp"

#include <optional>
#include <string>

namespace machine::orchestrator {

/// The operation that a run is part of, which somebody else has begun: W3C
/// Trace Context, as the log keeps it.
struct run_trace {
  /// 32 hexadecimal digits.
  std::string trace;
  /// 16 of them.
  std::string span;
  /// Whether it is recorded, if somebody has decided that.
  std::optional<bool> sampled;
  /// What other tracing systems pass on.
  std::optional<std::string> state;

  static constexpr const char* wire_name = "run_trace";

  static constexpr auto fields() {
    return wire::members(wire::field{"trace", &run_trace::trace},
                         wire::field{"span", &run_trace::span},
                         wire::field{"sampled", &run_trace::sampled},
                         wire::field{"state", &run_trace::state});
  }

  bool operator==(const run_trace&) const = default;
};

} // namespace machine::orchestrator
