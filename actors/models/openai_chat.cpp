#include "actors/models/answers.hpp"
#include "actors/models/provider_json.hpp"
#include "runtime/wire/wire.hpp"

#include <algorithm>

// The chat completions API as its public reference describes it
// (platform.openai.com/docs/api-reference/chat), in the part that compatible
// servers share.

namespace machine::models {

namespace {

using nlohmann::json;

json attachment_to_json(const attachment& x) {
  auto address =
    x.data.empty() ? x.url : "data:" + x.media_type + ";base64," + x.data;
  if (x.kind == attachment_kind::image) {
    json image{{"url", address}};
    if (!x.detail.empty())
      image["detail"] = x.detail;
    return {{"type", "image_url"}, {"image_url", image}};
  }
  if (x.kind == attachment_kind::audio)
    return {{"type", "input_audio"},
            {"input_audio",
             {{"data", x.data},
              {"format", x.media_type == "audio/wav" ? "wav" : "mp3"}}}};
  return {{"type", "file"},
          {"file",
           {{"filename", x.name.empty() ? "document.pdf" : x.name},
            {"file_data", address}}}};
}

json content_to_json(const chat_message& x) {
  auto is_content = [](const attachment& item) {
    return item.kind != attachment_kind::cache_point;
  };
  if (std::none_of(x.attachments.begin(), x.attachments.end(), is_content))
    return x.content;
  auto parts = json::array();
  for_each_part(
    x,
    [&](std::string_view text) {
      parts.push_back({{"type", "text"}, {"text", text}});
    },
    [&](const attachment& item) {
      if (is_content(item))
        parts.push_back(attachment_to_json(item));
    });
  return parts;
}

json message_to_json(const chat_message& x) {
  json out{{"role", std::string{wire::to_name(x.role)}}};
  // The API has no attachments in results of tools; see `messages_of`.
  out["content"] =
    x.role == chat_role::tool ? json(x.content) : content_to_json(x);
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
  if (!x.tool_calls.empty() && x.content.empty() && x.attachments.empty())
    out["content"] = nullptr;
  return out;
}

/// What tools have attached to their results follows them as the user's.
json messages_of(const chat_request& what) {
  auto out = json::array();
  chat_message shown;
  auto show = [&] {
    if (!shown.attachments.empty())
      out.push_back(message_to_json(shown));
    shown = {};
  };
  for (auto& x : what.messages) {
    if (x.role != chat_role::tool)
      show();
    out.push_back(message_to_json(x));
    if (x.role != chat_role::tool)
      continue;
    for (auto& item : x.attachments)
      if (item.kind != attachment_kind::cache_point) {
        shown.content +=
          "From the result of " + x.tool_call_id.value_or("a tool") + ":";
        shown.attachments.push_back(item);
        shown.attachments.back().at = shown.content.size();
      }
  }
  show();
  return out;
}

json choice_to_json(const tool_choice& x) {
  if (x.mode == tool_mode::named)
    return {{"type", "function"}, {"function", {{"name", x.name}}}};
  return std::string{wire::to_name(x.mode)};
}

void add_tools(json& body, const chat_request& what) {
  for (auto& tool : what.tools)
    body["tools"].push_back({{"type", "function"},
                             {"function",
                              {{"name", tool.name},
                               {"description", tool.description},
                               {"parameters", object_of(tool.parameters)}}}});
  // Servers refuse both where there are no tools.
  if (what.tools.empty())
    return;
  if (what.choice)
    body["tool_choice"] = choice_to_json(*what.choice);
  if (what.parallel_tools)
    body["parallel_tool_calls"] = *what.parallel_tools;
}

void add_format(json& body, const chat_request& what) {
  if (what.output_schema)
    body["response_format"] = {
      {"type", "json_schema"},
      {"json_schema",
       {{"name", what.output_name.empty() ? "answer" : what.output_name},
        {"schema", object_of(*what.output_schema)}}}};
  else if (what.json_output)
    body["response_format"] = {{"type", "json_object"}};
}

void add_draws(json& body, const chat_request& what) {
  auto& x = what.draws;
  auto add = [&](const char* name, const auto& value) {
    if (value)
      body[name] = *value;
  };
  add("temperature", what.temperature);
  add("top_p", x.top_p);
  add("frequency_penalty", x.frequency_penalty);
  add("presence_penalty", x.presence_penalty);
  add("seed", x.seed);
  if (!x.stop.empty())
    body["stop"] = x.stop;
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
    if (auto effort = effort_of(what, options); !effort.empty())
      body["reasoning_effort"] = effort;
    body["messages"] = messages_of(what);
    add_tools(body, what);
    add_format(body, what);
    add_draws(body, what);
    if (!what.end_user.empty())
      body["user"] = what.end_user;
    add_vendor_members(body, what, protocol_kind::openai);
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
