#include "actors/orchestrator/dispatch/spans.hpp"

#include "actors/orchestrator/run/spans.hpp"
#include "actors/orchestrator/workflow/workflow.hpp"
#include "runtime/telemetry/derived_id.hpp"
#include "runtime/telemetry/semantic_conventions.hpp"
#include "runtime/wire/wire.hpp"

#include <limits>

namespace machine::orchestrator {

namespace {

namespace names = semconv;

int64_t whole(uint64_t x) {
  constexpr uint64_t most = std::numeric_limits<int64_t>::max();
  return static_cast<int64_t>(std::min(x, most));
}

/// As OpenTelemetry has it.
std::string reason_of(models::stop_reason x) {
  switch (x) {
    case models::stop_reason::finished:
    case models::stop_reason::stop_text: return "stop";
    case models::stop_reason::tool_use: return "tool_calls";
    case models::stop_reason::length: return "length";
    case models::stop_reason::refused: return "content_filter";
  }
  return "error";
}

/// The role of the agent that performs *of*; none: no agent does.
std::optional<std::string> role_of(const attempt_order& of) {
  if (of.kind != attempt_kind::agent)
    return std::nullopt;
  auto action = wire::from_json<step_action>(of.request.text);
  auto* agent = action ? std::get_if<agent_step>(&*action) : nullptr;
  return agent != nullptr ? agent->role : std::string{};
}

void place(span& to, const attempt_order& of) {
  to.set(names::run_id, of.run);
  to.set(names::step_id, of.step);
  to.set(names::activation_id, of.activation);
  to.set(names::attempt_number, int64_t{of.attempt});
  to.set(names::gen_ai_conversation, of.run);
}

span span_of_effect(const attempt_order& of, const std::string& effect,
                    const tracer& by, const time_span& when,
                    const std::string& name, span_kind kind) {
  span result{context_of_effect(of, effect, by),
              context_of_attempt(of, by).span, name, kind, when.began};
  result.end(when.ended);
  result.set(names::effect_id, effect);
  place(result, of);
  return result;
}

} // namespace

trace_context context_of_attempt(const attempt_order& of, const tracer& by) {
  auto result = context_of_run(of.run, of.trace, by);
  result.span = derive_span_id("attempt " + of.run + " " + of.activation + "#"
                               + std::to_string(of.attempt));
  return result;
}

trace_context context_of_effect(const attempt_order& of,
                                const std::string& effect, const tracer& by) {
  auto result = context_of_run(of.run, of.trace, by);
  result.span = derive_span_id("effect " + of.run + " " + effect + " "
                               + std::to_string(of.token));
  return result;
}

span span_of_attempt(const attempt_order& of, const tracer& by,
                     const time_span& when, std::string_view code) {
  auto role = role_of(of);
  span result{context_of_attempt(of, by),
              context_of_run(of.run, of.trace, by).span,
              role ? names::span_name(names::operations::invoke_agent, *role)
                   : names::span_name("attempt", of.step),
              span_kind::internal, of.begun_at.value_or(when.began)};
  place(result, of);
  if (role) {
    result.set(names::gen_ai_operation,
               std::string{names::operations::invoke_agent});
    result.set(names::gen_ai_agent_name, *role);
  }
  if (!code.empty())
    result.fail(code, "");
  result.end(when.ended);
  return result;
}

span span_of_model_call(const attempt_order& of, const std::string& effect,
                        const tracer& by, const time_span& when,
                        const models::model_entry& asked,
                        const models::chat_request& what,
                        const models::call_outcome& outcome) {
  auto result = span_of_effect(
    of, effect, by, when, names::span_name(names::operations::chat, asked.name),
    span_kind::client);
  result.set(names::gen_ai_operation, std::string{names::operations::chat});
  result.set(names::gen_ai_provider, asked.provider);
  result.set(names::gen_ai_request_model, asked.name);
  result.set(names::gen_ai_max_tokens, int64_t{what.max_output_tokens});
  if (what.temperature)
    result.set(names::gen_ai_temperature, *what.temperature);
  if (outcome.response) {
    if (!outcome.response->model.empty())
      result.set(names::gen_ai_response_model, outcome.response->model);
    result.set(names::gen_ai_finish_reasons,
               std::vector<std::string>{reason_of(outcome.response->stop)});
  } else {
    result.fail(to_string(code_of(outcome.response.error())), "");
  }
  if (outcome.usage) {
    auto& used = *outcome.usage;
    // Ours are told apart; theirs count cached ones among all.
    result.set(names::gen_ai_input_tokens, whole(used.input + used.cached));
    result.set(names::gen_ai_cached_tokens, whole(used.cached));
    result.set(names::gen_ai_output_tokens, whole(used.output));
  }
  if (outcome.status != 0)
    result.set(names::http_status, int64_t{outcome.status});
  return result;
}

span span_of_tool_call(const attempt_order& of, const std::string& effect,
                       const tracer& by, const time_span& when,
                       std::string_view tool, std::string_view call,
                       std::string_view code) {
  auto result =
    span_of_effect(of, effect, by, when,
                   names::span_name(names::operations::execute_tool, tool),
                   span_kind::internal);
  result.set(names::gen_ai_operation,
             std::string{names::operations::execute_tool});
  result.set(names::gen_ai_tool_name, std::string{tool});
  result.set(names::gen_ai_tool_type, std::string{"function"});
  if (!call.empty())
    result.set(names::gen_ai_tool_call, std::string{call});
  if (!code.empty())
    result.fail(code, "");
  return result;
}

} // namespace machine::orchestrator
