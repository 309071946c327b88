#include "actors/models/answers.hpp"
#include "actors/models/provider_json.hpp"
#include "runtime/wire/wire.hpp"

// The chat completions API as its public reference describes it
// (platform.openai.com/docs/api-reference/chat), in the part that compatible
// servers share.

namespace machine::models {

namespace {

using nlohmann::json;

json message_to_json(const chat_message& x) {
  json out{{"role", std::string{wire::to_name(x.role)}},
           {"content", x.content}};
  if (x.tool_call_id)
    out["tool_call_id"] = *x.tool_call_id;
  for (auto& call : x.tool_calls) {
    // Servers read the arguments of past calls, and fail if they are no object.
    auto is_object = parse_bounded(call.arguments.text).is_object();
    out["tool_calls"].push_back(
      {{"id", call.id},
       {"type", "function"},
       {"function",
        {{"name", call.name},
         {"arguments", is_object ? call.arguments.text : "{}"}}}});
  }
  if (!x.tool_calls.empty() && x.content.empty())
    out["content"] = nullptr;
  return out;
}

class openai_protocol final : public protocol {
public:
  net::request encode(const chat_request& what, const call_options& options,
                      const std::string& url,
                      const std::string& key) const override {
    json body{{"model", options.model},
              {"stream", true},
              {"stream_options", {{"include_usage", true}}}};
    body[options.speaks.output_bound] = what.max_output_tokens;
    if (!options.speaks.reasoning_effort.empty())
      body["reasoning_effort"] = options.speaks.reasoning_effort;
    for (auto& message : what.messages)
      body["messages"].push_back(message_to_json(message));
    for (auto& tool : what.tools)
      body["tools"].push_back({{"type", "function"},
                               {"function",
                                {{"name", tool.name},
                                 {"description", tool.description},
                                 {"parameters", object_of(tool.parameters)}}}});
    if (what.output_schema)
      body["response_format"] = {
        {"type", "json_schema"},
        {"json_schema",
         {{"name", "answer"}, {"schema", object_of(*what.output_schema)}}}};
    if (what.temperature)
      body["temperature"] = *what.temperature;
    net::request request;
    request.method = "POST";
    request.url = url + "/chat/completions";
    request.headers = {{"Content-Type", "application/json"},
                       {"Accept", "text/event-stream"},
                       {"Idempotency-Key", options.idempotency_key}};
    if (!key.empty())
      request.headers.emplace_back("Authorization", "Bearer " + key);
    request.body = body.dump(-1, ' ', false, json::error_handler_t::replace);
    return request;
  }

  std::unique_ptr<answer_reader>
  make_reader(const chat_request& what, const call_options&) const override {
    return openai_answer(what);
  }

  caf::expected<chat_response> read_whole(std::string_view body,
                                          const chat_request& what,
                                          const call_options&) const override {
    return read_openai_answer(body, what);
  }
};

} // namespace

std::shared_ptr<const protocol> openai_chat() {
  return std::make_shared<openai_protocol>();
}

} // namespace machine::models
