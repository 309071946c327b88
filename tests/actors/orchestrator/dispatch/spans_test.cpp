#include "actors/orchestrator/dispatch/spans.hpp"

#include "actors/orchestrator/run/spans.hpp"
#include "actors/orchestrator/workflow/workflow.hpp"
#include "runtime/telemetry/semantic_conventions.hpp"
#include "runtime/wire/wire.hpp"

#include <catch2/catch.hpp>

using namespace machine;
using namespace machine::orchestrator;

namespace {

const tracer recording{[](const span&) {}, 1};

constexpr time_span when{timestamp{duration{2'000}},
                         timestamp{duration{3'000}}};

attempt_order order_of(attempt_kind kind = attempt_kind::model) {
  attempt_order result;
  result.run = "r-1";
  result.title = "c4n4ry title";
  result.activation = "repair[2].fix";
  result.step = "fix";
  result.kind = kind;
  result.attempt = 3;
  result.token = 5;
  result.trace = run_trace{"4bf92f3577b34da6a3ce929d0e0e4736",
                           "00f067aa0ba902b7", true, std::nullopt};
  return result;
}

const span_attribute* find(const span& x, std::string_view key) {
  for (auto& one : x.attributes())
    if (one.key == key)
      return &one;
  return nullptr;
}

template <class T>
bool says(const span& x, std::string_view key, const T& value) {
  auto* one = find(x, key);
  return one != nullptr && one->value == attribute_value{value};
}

bool says(const span& x, std::string_view key, const char* value) {
  return says(x, key, std::string{value});
}

void check_place(const span& x) {
  CHECK(to_hex(x.context().trace) == "4bf92f3577b34da6a3ce929d0e0e4736");
  CHECK(x.context().sampled);
  CHECK(says(x, semconv::run_id, "r-1"));
  CHECK(says(x, semconv::gen_ai_conversation, "r-1"));
  CHECK(says(x, semconv::step_id, "fix"));
  CHECK(says(x, semconv::activation_id, "repair[2].fix"));
  CHECK(says(x, semconv::attempt_number, int64_t{3}));
  for (auto& one : x.attributes())
    if (auto* text = std::get_if<std::string>(&one.value))
      CHECK(text->find("c4n4ry") == std::string::npos);
  CHECK(x.status_message().empty());
}

models::model_entry demo() {
  models::model_entry result;
  result.id = "demo";
  result.provider = "openai";
  result.name = "demo-1";
  return result;
}

models::call_outcome answered() {
  models::chat_response response;
  response.message.content = "c4n4ry answer";
  response.model = "demo-1-2026";
  models::call_outcome result{std::move(response)};
  result.usage = models::token_usage{10, 5, 7};
  result.status = 200;
  return result;
}

models::chat_request asking() {
  models::chat_request result;
  result.messages.push_back(
    {models::chat_role::user, "c4n4ry prompt", {}, std::nullopt});
  result.max_output_tokens = 100;
  return result;
}

} // namespace

TEST_CASE("all workers of an attempt are one operation of its run") {
  auto one = order_of();
  auto other = one;
  other.token = 6;
  CHECK(context_of_attempt(one, recording)
        == context_of_attempt(other, recording));
  other.attempt = 4;
  CHECK(context_of_attempt(one, recording).span
        != context_of_attempt(other, recording).span);
  other = one;
  other.activation = "repair[1].fix";
  CHECK(context_of_attempt(one, recording).span
        != context_of_attempt(other, recording).span);
  other = one;
  other.run = "r-2";
  CHECK(context_of_attempt(one, recording).span
        != context_of_attempt(other, recording).span);
}

TEST_CASE("an effect that is done again is another operation") {
  auto one = order_of();
  auto other = one;
  auto first = context_of_effect(one, "fix#3.1", recording);
  CHECK(first == context_of_effect(other, "fix#3.1", recording));
  CHECK(first.span != context_of_effect(one, "fix#3.2", recording).span);
  CHECK(first.span != context_of_attempt(one, recording).span);
  other.token = 6;
  CHECK(first.span != context_of_effect(other, "fix#3.1", recording).span);
  CHECK(first.trace == context_of_effect(other, "fix#3.1", recording).trace);
}

TEST_CASE("an attempt lasts from its first worker to its end") {
  auto order = order_of(attempt_kind::command);
  auto x = span_of_attempt(order, recording, when, "");
  check_place(x);
  CHECK(x.name() == "attempt fix");
  CHECK(x.kind() == span_kind::internal);
  CHECK(x.parent() == context_of_run("r-1", order.trace, recording).span);
  CHECK(x.start() == when.began);
  CHECK(x.ended() == when.ended);
  CHECK(x.status() == span_status::unset);
  CHECK(find(x, semconv::gen_ai_operation) == nullptr);
  order.begun_at = timestamp{duration{1'000}};
  CHECK(span_of_attempt(order, recording, when, "").start() == *order.begun_at);
  x = span_of_attempt(order, recording, when, "step_failed");
  CHECK(x.status() == span_status::error);
  CHECK(says(x, semconv::error_type, "step_failed"));
}

TEST_CASE("an agent's attempt goes by its role") {
  auto order = order_of(attempt_kind::agent);
  agent_step agent;
  agent.role = "code";
  agent.prompt = "c4n4ry prompt";
  order.request.text = wire::to_json(step_action{agent});
  auto x = span_of_attempt(order, recording, when, "");
  check_place(x);
  CHECK(x.name() == "invoke_agent code");
  CHECK(says(x, semconv::gen_ai_operation, "invoke_agent"));
  CHECK(says(x, semconv::gen_ai_agent_name, "code"));
  // A request that does not read costs only the name.
  order.request.text = "{";
  CHECK(span_of_attempt(order, recording, when, "").name() == "invoke_agent");
}

TEST_CASE("a model call is told by OpenTelemetry's names") {
  auto order = order_of();
  auto request = asking();
  request.temperature = 0.5;
  auto x = span_of_model_call(order, "fix#3.1", recording, when, demo(),
                              request, answered());
  check_place(x);
  CHECK(x.context() == context_of_effect(order, "fix#3.1", recording));
  CHECK(x.parent() == context_of_attempt(order, recording).span);
  CHECK(x.name() == "chat demo-1");
  CHECK(x.kind() == span_kind::client);
  CHECK(x.start() == when.began);
  CHECK(x.ended() == when.ended);
  CHECK(says(x, semconv::effect_id, "fix#3.1"));
  CHECK(says(x, "gen_ai.operation.name", "chat"));
  CHECK(says(x, "gen_ai.provider.name", "openai"));
  CHECK(says(x, "gen_ai.request.model", "demo-1"));
  CHECK(says(x, "gen_ai.request.max_tokens", int64_t{100}));
  CHECK(says(x, "gen_ai.request.temperature", 0.5));
  CHECK(says(x, "gen_ai.response.model", "demo-1-2026"));
  CHECK(says(x, "gen_ai.response.finish_reasons",
             std::vector<std::string>{"stop"}));
  // What was cached is part of all.
  CHECK(says(x, "gen_ai.usage.input_tokens", int64_t{15}));
  CHECK(says(x, "gen_ai.usage.cache_read.input_tokens", int64_t{5}));
  CHECK(says(x, "gen_ai.usage.output_tokens", int64_t{7}));
  CHECK(says(x, "http.response.status_code", int64_t{200}));
  CHECK(x.status() == span_status::unset);
}

TEST_CASE("every reason to stop has OpenTelemetry's name") {
  using models::stop_reason;
  for (auto [reason, name] :
       {std::pair{stop_reason::finished, "stop"},
        std::pair{stop_reason::tool_use, "tool_calls"},
        std::pair{stop_reason::length, "length"},
        std::pair{stop_reason::refused, "content_filter"}}) {
    auto outcome = answered();
    outcome.response->stop = reason;
    auto x = span_of_model_call(order_of(), "e", recording, when, demo(),
                                asking(), outcome);
    CHECK(
      says(x, semconv::gen_ai_finish_reasons, std::vector<std::string>{name}));
  }
}

TEST_CASE("a model call that failed says the code, and not the words") {
  models::call_outcome outcome{
    make_error(ec::provider_rejected, "c4n4ry of the provider")};
  outcome.status = 400;
  auto x = span_of_model_call(order_of(), "fix#3.1", recording, when, demo(),
                              asking(), outcome);
  check_place(x);
  CHECK(x.status() == span_status::error);
  CHECK(says(x, semconv::error_type, "provider_rejected"));
  CHECK(says(x, semconv::http_status, int64_t{400}));
  // Nobody has counted.
  CHECK(find(x, semconv::gen_ai_input_tokens) == nullptr);
  CHECK(find(x, semconv::gen_ai_response_model) == nullptr);
}

TEST_CASE("a tool call is told by OpenTelemetry's names") {
  auto x = span_of_tool_call(order_of(), "fix#3.2", recording, when,
                             "read_file", "call_1", "");
  check_place(x);
  CHECK(x.name() == "execute_tool read_file");
  CHECK(x.kind() == span_kind::internal);
  CHECK(x.parent() == context_of_attempt(order_of(), recording).span);
  CHECK(says(x, "gen_ai.operation.name", "execute_tool"));
  CHECK(says(x, "gen_ai.tool.name", "read_file"));
  CHECK(says(x, "gen_ai.tool.type", "function"));
  CHECK(says(x, "gen_ai.tool.call.id", "call_1"));
  CHECK(x.status() == span_status::unset);
  x = span_of_tool_call(order_of(), "fix#3.2", recording, when, "read_file", "",
                        "not_found");
  CHECK(find(x, semconv::gen_ai_tool_call) == nullptr);
  CHECK(says(x, semconv::error_type, "not_found"));
}
