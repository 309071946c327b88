#pragma once

#include "runtime/telemetry/trace_context.hpp"

namespace machine {

/// Whether a trace that begins here is recorded, of which *ratio* (0 to 1) are.
/// The last 56 bits of its id decide, so that everybody with the same ratio
/// decides alike, and who takes more takes all of these too: W3C Trace Context
/// 2, random trace ids, and OpenTelemetry's consistent probability sampling. A
/// ratio that is no number is 0.
bool is_chosen(trace_id trace, double ratio);

/// *parent*'s decision if there is one, and otherwise that of `is_chosen`.
bool is_sampled(const std::optional<trace_context>& parent, trace_id trace,
                double ratio);

} // namespace machine
