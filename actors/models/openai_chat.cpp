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

/// What *model* itself wrote comes back to it with what it thought.
std::optional<json> openai_kept(const chat_message& x,
                                const std::string& model) {
  auto kept = kept_blocks(x, protocol_kind::openai, model);
  auto* message = part_at(kept, "message");
  return message != nullptr ? std::optional{*message} : std::nullopt;
}

json message_to_json(const chat_message& x, const std::string& model) {
  if (auto kept = openai_kept(x, model))
    return *kept;
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
json openai_messages(const chat_request& what, const std::string& model) {
  auto out = json::array();
  chat_message shown;
  auto show = [&] {
    if (!shown.attachments.empty())
      out.push_back(message_to_json(shown, model));
    shown = {};
  };
  for (auto& x : what.messages) {
    if (x.role != chat_role::tool)
      show();
    out.push_back(message_to_json(x, model));
    if (x.role == chat_role::tool)
      show_result(x, shown);
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

/// What the protocol cannot carry to a model that counts on it.
caf::error openai_lacks(const chat_request& what) {
  for (auto& x : what.messages)
    for (auto& item : x.attachments)
      if (item.data.empty()
          && (item.kind == attachment_kind::document
              || item.kind == attachment_kind::audio))
        return make_error(ec::provider_rejected,
                          "this API fetches no documents and no sounds; send "
                          "the file itself, or choose another model");
  return caf::none;
}

/// `/chat/completions` at *to*, or that of the deployment *model*.
std::string openai_address(const endpoint& to, const std::string& model,
                           const char* path) {
  auto place =
    to.deployments ? "/deployments/" + path_segment(model) : std::string{};
  auto version = to.api_version.empty()
                 ? std::string{}
                 : "?api-version=" + path_segment(to.api_version);
  return to.url + place + path + version;
}

class openai_protocol final : public protocol {
public:
  caf::expected<net::request> encode(const chat_request& what,
                                     const call_options& options,
                                     const endpoint& to) const override {
    if (auto problem = openai_lacks(what))
      return problem;
    json body{{"model", options.model},
              {"stream", true},
              {"stream_options", {{"include_usage", true}}}};
    body[options.speaks.output_bound] = what.max_output_tokens;
    if (auto effort = effort_of(what, options); !effort.empty())
      body["reasoning_effort"] = effort;
    body["messages"] = openai_messages(what, options.model);
    add_tools(body, what);
    add_format(body, what);
    add_draws(body, what);
    if (!what.end_user.empty())
      body["user"] = what.end_user;
    add_vendor_members(body, what, protocol_kind::openai);
    auto request =
      post_json(openai_address(to, options.model, "/chat/completions"), body);
    request.headers.emplace_back("Accept", "text/event-stream");
    request.headers.emplace_back("Idempotency-Key", options.idempotency_key);
    return request;
  }

  std::unique_ptr<answer_reader>
  make_reader(const chat_request& what,
              const call_options& options) const override {
    return openai_answer(what, options);
  }

  caf::expected<chat_response>
  read_whole(std::string_view body, const chat_request& what,
             const call_options& options) const override {
    return read_openai_answer(body, what, options);
  }

  caf::expected<net::request>
  encode_embeddings(const embedding_request& what, const call_options& options,
                    const endpoint& to) const override {
    json body{{"model", options.model},
              {"input", what.inputs},
              {"encoding_format", options.speaks.vector_format}};
    if (what.dimensions)
      body["dimensions"] = *what.dimensions;
    if (!what.end_user.empty())
      body["user"] = what.end_user;
    return post_json(openai_address(to, options.model, "/embeddings"), body);
  }

  caf::expected<embedding_response>
  read_embeddings(std::string_view body,
                  const embedding_request& what) const override {
    return read_openai_embeddings(body, what);
  }

  size_t max_embedding_inputs() const override {
    return 2'048;
  }
};

} // namespace

std::shared_ptr<const protocol> openai_chat() {
  return std::make_shared<openai_protocol>();
}

} // namespace machine::models
