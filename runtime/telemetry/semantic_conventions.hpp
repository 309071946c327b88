#pragma once

#include <string>
#include <string_view>

/// The names of attributes that OpenTelemetry gives: its semantic conventions
/// for HTTP servers (https://opentelemetry.io/docs/specs/semconv/http/) and for
/// generative AI (https://opentelemetry.io/docs/specs/semconv/gen-ai/, which is
/// still in development and calls the provider `gen_ai.provider.name` since
/// version 1.37). Text unless something else is said. What people and models
/// say is in none of them.
namespace machine::semconv {

/// A word of a small set, only of what failed.
constexpr std::string_view error_type = "error.type";

constexpr std::string_view server_address = "server.address";
/// An integer.
constexpr std::string_view server_port = "server.port";
constexpr std::string_view client_address = "client.address";
constexpr std::string_view user_agent = "user_agent.original";
/// `1.1`.
constexpr std::string_view protocol_version = "network.protocol.version";

// -- HTTP ---------------------------------------------------------------------

/// As in RFC 9110, in capitals; `_OTHER` for what is unknown.
constexpr std::string_view http_method = "http.request.method";
/// The pattern of the route, `/api/v1/runs/{id}`; never the path itself.
constexpr std::string_view http_route = "http.route";
/// An integer. Of a server only 5xx are failures.
constexpr std::string_view http_status = "http.response.status_code";
constexpr std::string_view url_path = "url.path";
/// Without the question mark, and without secrets.
constexpr std::string_view url_query = "url.query";
constexpr std::string_view url_scheme = "url.scheme";

// -- Generative AI ------------------------------------------------------------

/// One of `operations`.
constexpr std::string_view gen_ai_operation = "gen_ai.operation.name";
/// `openai`, `anthropic`, or the name of any other.
constexpr std::string_view gen_ai_provider = "gen_ai.provider.name";
constexpr std::string_view gen_ai_request_model = "gen_ai.request.model";
/// An integer.
constexpr std::string_view gen_ai_max_tokens = "gen_ai.request.max_tokens";
/// A number.
constexpr std::string_view gen_ai_temperature = "gen_ai.request.temperature";
constexpr std::string_view gen_ai_response_id = "gen_ai.response.id";
constexpr std::string_view gen_ai_response_model = "gen_ai.response.model";
/// A list, one for each answer.
constexpr std::string_view gen_ai_finish_reasons =
  "gen_ai.response.finish_reasons";
/// An integer; cached ones are among them.
constexpr std::string_view gen_ai_input_tokens = "gen_ai.usage.input_tokens";
/// An integer.
constexpr std::string_view gen_ai_cached_tokens =
  "gen_ai.usage.cache_read.input_tokens";
/// An integer.
constexpr std::string_view gen_ai_output_tokens = "gen_ai.usage.output_tokens";
/// What binds the calls of one conversation together: a run's id.
constexpr std::string_view gen_ai_conversation = "gen_ai.conversation.id";
constexpr std::string_view gen_ai_agent_name = "gen_ai.agent.name";
constexpr std::string_view gen_ai_agent_id = "gen_ai.agent.id";
constexpr std::string_view gen_ai_workflow_name = "gen_ai.workflow.name";
constexpr std::string_view gen_ai_tool_name = "gen_ai.tool.name";
constexpr std::string_view gen_ai_tool_call = "gen_ai.tool.call.id";
/// `function`, `extension` or `datastore`.
constexpr std::string_view gen_ai_tool_type = "gen_ai.tool.type";

/// Values of `gen_ai_operation`.
namespace operations {

constexpr std::string_view chat = "chat";
constexpr std::string_view embeddings = "embeddings";
constexpr std::string_view execute_tool = "execute_tool";
constexpr std::string_view invoke_agent = "invoke_agent";
constexpr std::string_view invoke_workflow = "invoke_workflow";

} // namespace operations

// -- Our own ------------------------------------------------------------------

constexpr std::string_view request_id = "themachine.request.id";
/// The code of the problem that a client was told of.
constexpr std::string_view problem_code = "themachine.problem.code";
constexpr std::string_view run_id = "themachine.run.id";
/// `done`, `failed` or `cancelled`.
constexpr std::string_view run_result = "themachine.run.result";
/// The id of a step in its workflow; `@prepare` and `@publish` are the
/// machine's own work.
constexpr std::string_view step_id = "themachine.step.id";
constexpr std::string_view activation_id = "themachine.activation.id";
/// An integer, from 1.
constexpr std::string_view attempt_number = "themachine.attempt.number";
constexpr std::string_view effect_id = "themachine.effect.id";
/// In millionths of a US dollar, an integer.
constexpr std::string_view cost = "themachine.cost.micro_usd";

/// The name of a span, as the conventions want it: what is done and with what,
/// `GET /api/v1/runs/{id}`, `chat qwen3`, `execute_tool read_file`; the first
/// alone if nothing is known of the second.
inline std::string span_name(std::string_view what, std::string_view with) {
  std::string result{what};
  if (!with.empty())
    (result += ' ') += with;
  return result;
}

} // namespace machine::semconv
