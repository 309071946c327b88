#pragma once

#include "actors/models/catalogue.hpp"
#include "actors/models/provider.hpp"
#include "actors/orchestrator/run/run.hpp"
#include "runtime/telemetry/tracer.hpp"

/// What workers do, as traces show it: OpenTelemetry's conventions for
/// generative AI (https://opentelemetry.io/docs/specs/semconv/gen-ai/). What
/// people, models, tools and commands say is in none of it.
namespace machine::orchestrator {

/// The attempt that *of* orders: one for all of its workers, of whom the one
/// that brings it to its end records it.
trace_context context_of_attempt(const attempt_order& of, const tracer& by);

/// *effect*, which belongs to it: another one for each worker that does it.
trace_context context_of_effect(const attempt_order& of,
                                const std::string& effect, const tracer& by);

/// From when to when something was.
struct time_span {
  timestamp began{};
  timestamp ended{};
};

/// A whole attempt. @param code The name of its error; empty: it succeeded.
span span_of_attempt(const attempt_order& of, const tracer& by,
                     const time_span& when, std::string_view code);

/// A call of *asked*.
span span_of_model_call(const attempt_order& of, const std::string& effect,
                        const tracer& by, const time_span& when,
                        const models::model_entry& asked,
                        const models::chat_request& what,
                        const models::call_outcome& outcome);

/// @param call The name that the model gave the call; empty: none did.
span span_of_tool_call(const attempt_order& of, const std::string& effect,
                       const tracer& by, const time_span& when,
                       std::string_view tool, std::string_view call,
                       std::string_view code);

} // namespace machine::orchestrator
