#pragma once

#include "actors/orchestrator/run/run.hpp"
#include "runtime/telemetry/tracer.hpp"

/// The trace of a run. All ids are made of what the log has, so that whoever
/// goes on after a crash goes on with the same trace.
namespace machine::orchestrator {

/// *x* as a log keeps it.
run_trace to_run_trace(const trace_context& x);

/// What *x* says; none if it does not read.
std::optional<trace_context> read_run_trace(const run_trace& x);

/// The operation that the run *id* is, in the trace that *kept* names, or else
/// in one of its own.
trace_context context_of_run(const std::string& id,
                             const std::optional<run_trace>& kept,
                             const tracer& by);

/// What runs keep that the run *id* calls.
run_trace trace_below_run(const std::string& id,
                          const std::optional<run_trace>& kept);

/// The whole run *id*.
span span_of_run(const std::string& id, const close_trace& what,
                 const tracer& by);

} // namespace machine::orchestrator
