#include "actors/models/answers.hpp"
#include "actors/models/provider_json.hpp"

// The Messages API as its public reference describes it
// (docs.anthropic.com/en/api/messages and .../messages-streaming). An answer by
// a schema is asked for as a tool: the only one that may be called, where the
// model lets itself be told so.

namespace machine::models {

namespace {

using nlohmann::json;

/// What *model* thought comes back to it as it was; another model gets none.
std::optional<json> kept_content(const chat_message& x,
                                 const std::string& model) {
  if (x.role != chat_role::assistant || !x.provider_blocks)
    return std::nullopt;
  auto kept = parse_bounded(x.provider_blocks->text);
  auto* content = part_at(kept, "content");
  if (text_at(kept, "protocol") != "anthropic"
      || text_at(kept, "model") != model || content == nullptr)
    return std::nullopt;
  return *content;
}

json content_of(const chat_message& x, const std::string& model) {
  if (auto kept = kept_content(x, model))
    return *kept;
  auto out = json::array();
  if (x.role == chat_role::tool) {
    out.push_back({{"type", "tool_result"},
                   {"tool_use_id", x.tool_call_id.value_or("")},
                   {"content", x.content}});
    return out;
  }
  // The API refuses texts without words.
  if (!is_blank(x.content))
    out.push_back({{"type", "text"}, {"text", x.content}});
  for (auto& call : x.tool_calls)
    out.push_back({{"type", "tool_use"},
                   {"id", call.id},
                   {"name", call.name},
                   {"input", object_of(call.arguments)}});
  return out;
}

/// Roles alternate; results of tools are the user's.
json messages_of(const chat_request& what, const std::string& model) {
  auto out = json::array();
  for (auto& x : what.messages) {
    if (x.role == chat_role::system)
      continue;
    auto role = x.role == chat_role::assistant ? "assistant" : "user";
    auto content = content_of(x, model);
    if (content.empty())
      continue;
    if (!out.empty() && out.back()["role"] == role) {
      for (auto& part : content)
        out.back()["content"].push_back(part);
    } else {
      out.push_back({{"role", role}, {"content", content}});
    }
  }
  return out;
}

std::string system_of(const chat_request& what, const call_options& options) {
  std::string system;
  auto add = [&](std::string_view text) {
    system += system.empty() ? "" : "\n\n";
    system += text;
  };
  for (auto& x : what.messages)
    if (x.role == chat_role::system && !is_blank(x.content))
      add(x.content);
  if (what.output_schema && !options.speaks.forced_tools)
    add("Give your answer by calling the tool `answer`, once, with nothing "
        "beside it.");
  return system;
}

class anthropic_protocol final : public protocol {
public:
  net::request encode(const chat_request& what, const call_options& options,
                      const std::string& url,
                      const std::string& key) const override {
    json body{{"model", options.model},
              {"stream", true},
              {"max_tokens", what.max_output_tokens},
              {"messages", messages_of(what, options.model)}};
    if (auto system = system_of(what, options); !system.empty())
      body["system"] = system;
    if (!options.speaks.reasoning_effort.empty())
      body["output_config"] = {{"effort", options.speaks.reasoning_effort}};
    for (auto& tool : what.tools)
      body["tools"].push_back({{"name", tool.name},
                               {"description", tool.description},
                               {"input_schema", object_of(tool.parameters)}});
    if (what.output_schema) {
      body["tools"].push_back(
        {{"name", anthropic_answer_tool},
         {"description", "Gives the answer."},
         {"input_schema", object_of(*what.output_schema)}});
      if (options.speaks.forced_tools)
        body["tool_choice"] = {{"type", "tool"},
                               {"name", anthropic_answer_tool}};
    }
    if (what.temperature)
      body["temperature"] = *what.temperature;
    net::request request;
    request.method = "POST";
    request.url = url + "/messages";
    request.headers = {{"Content-Type", "application/json"},
                       {"Accept", "text/event-stream"},
                       {"anthropic-version", "2023-06-01"},
                       {"Idempotency-Key", options.idempotency_key}};
    if (!key.empty())
      request.headers.emplace_back("x-api-key", key);
    request.body = body.dump(-1, ' ', false, json::error_handler_t::replace);
    return request;
  }

  std::unique_ptr<answer_reader>
  make_reader(const chat_request& what,
              const call_options& options) const override {
    return anthropic_answer(what, options);
  }

  caf::expected<chat_response>
  read_whole(std::string_view body, const chat_request& what,
             const call_options& options) const override {
    return read_anthropic_answer(body, what, options);
  }
};

} // namespace

std::shared_ptr<const protocol> anthropic_messages() {
  return std::make_shared<anthropic_protocol>();
}

} // namespace machine::models
