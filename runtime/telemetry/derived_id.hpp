#pragma once

#include "runtime/telemetry/trace_context.hpp"

namespace machine {

/// The trace of what goes by *name*: the same whenever it is asked for, so that
/// whoever goes on after a crash goes on with the trace. As random as BLAKE2b,
/// and never zeros.
trace_id derive_trace_id(std::string_view name);

/// The same for an operation.
span_id derive_span_id(std::string_view name);

} // namespace machine
