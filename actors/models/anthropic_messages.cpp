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
  auto kept = kept_blocks(x, protocol_kind::anthropic, model);
  auto* content = part_at(kept, "content");
  return content != nullptr ? std::optional{*content} : std::nullopt;
}

json cache_mark(const attachment& x) {
  json mark{{"type", "ephemeral"}};
  if (!x.detail.empty())
    mark["ttl"] = x.detail;
  return mark;
}

json source_of(const attachment& x) {
  if (x.data.empty())
    return {{"type", "url"}, {"url", x.url}};
  return {{"type", "base64"}, {"media_type", x.media_type}, {"data", x.data}};
}

/// The text of *x* and what is attached to it, as blocks.
json parts_of(const chat_message& x) {
  auto out = json::array();
  for_each_part(
    x,
    [&](std::string_view text) {
      // The API refuses texts without words.
      if (!is_blank(text))
        out.push_back({{"type", "text"}, {"text", text}});
    },
    [&](const attachment& item) {
      if (item.kind == attachment_kind::cache_point) {
        if (!out.empty())
          out.back()["cache_control"] = cache_mark(item);
      } else if (item.kind == attachment_kind::image) {
        out.push_back({{"type", "image"}, {"source", source_of(item)}});
      } else if (item.kind == attachment_kind::document) {
        out.push_back({{"type", "document"}, {"source", source_of(item)}});
        if (!item.name.empty())
          out.back()["title"] = item.name;
      }
    });
  return out;
}

json result_of(const chat_message& x) {
  json out{{"type", "tool_result"},
           {"tool_use_id", x.tool_call_id.value_or("")}};
  out["content"] = x.attachments.empty() ? json(x.content) : parts_of(x);
  // A mark on the last thing in a result marks the result.
  if (!x.attachments.empty()
      && x.attachments.back().kind == attachment_kind::cache_point)
    out["cache_control"] = cache_mark(x.attachments.back());
  return out;
}

json content_of(const chat_message& x, const std::string& model) {
  if (auto kept = kept_content(x, model))
    return *kept;
  if (x.role == chat_role::tool)
    return json::array({result_of(x)});
  auto out = parts_of(x);
  for (auto& call : x.tool_calls)
    out.push_back({{"type", "tool_use"},
                   {"id", call.id},
                   {"name", call.name},
                   {"input", object_of(call.arguments)}});
  return out;
}

/// Roles alternate; results of tools are the user's.
json anthropic_messages_of(const chat_request& what, const std::string& model) {
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

json system_of(const chat_request& what, const call_options& options) {
  auto out = json::array();
  auto plain = true;
  for (auto& x : what.messages) {
    if (x.role != chat_role::system)
      continue;
    plain = plain && x.attachments.empty();
    for (auto& part : parts_of(x))
      out.push_back(part);
  }
  auto add = [&](const char* text) {
    out.push_back({{"type", "text"}, {"text", text}});
  };
  if (what.output_schema && !options.speaks.forced_tools)
    add("Give your answer by calling the tool `answer`, once, with nothing "
        "beside it.");
  if (what.json_output && !what.output_schema)
    add("Answer with one JSON object and nothing beside it.");
  if (!plain)
    return out;
  std::string text;
  for (auto& part : out)
    text += (text.empty() ? "" : "\n\n") + part["text"].get<std::string>();
  return text;
}

/// A mark before the first word: what stands there are the tools.
const attachment* mark_of_tools(const chat_request& what) {
  for (auto& x : what.messages) {
    if (x.role != chat_role::system)
      continue;
    auto marked = !x.attachments.empty() && x.attachments.front().at == 0
               && x.attachments.front().kind == attachment_kind::cache_point;
    return marked ? &x.attachments.front() : nullptr;
  }
  return nullptr;
}

/// The tools that may be called, the one for the answer by a schema included.
json tools_of(const chat_request& what) {
  auto out = json::array();
  for (auto& tool : what.tools)
    out.push_back({{"name", tool.name},
                   {"description", tool.description},
                   {"input_schema", object_of(tool.parameters)}});
  if (what.output_schema)
    out.push_back({{"name", anthropic_answer_tool},
                   {"description", "Gives the answer."},
                   {"input_schema", object_of(*what.output_schema)}});
  if (auto* mark = mark_of_tools(what); mark != nullptr && !out.empty())
    out.back()["cache_control"] = cache_mark(*mark);
  return out;
}

/// What the protocol cannot carry to a model that counts on it.
caf::error anthropic_lacks(const chat_request& what) {
  for (auto& x : what.messages)
    for (auto& item : x.attachments)
      if (item.kind == attachment_kind::audio)
        return make_error(ec::provider_rejected,
                          "this API takes no sounds; choose another model");
  return caf::none;
}

std::optional<json> choice_of(const chat_request& what,
                              const call_options& options) {
  auto out = json::object();
  auto forces = options.speaks.forced_tools;
  auto mode = what.choice ? what.choice->mode : tool_mode::automatic;
  // By a schema: the answer, or one of the tools that lead to it.
  auto must_call = (what.output_schema && forces && !what.tools.empty())
                || (mode == tool_mode::required && forces);
  if (what.output_schema && what.tools.empty() && forces)
    out = {{"type", "tool"}, {"name", anthropic_answer_tool}};
  else if (!what.output_schema && mode == tool_mode::none)
    out = {{"type", "none"}};
  else if (!what.output_schema && mode == tool_mode::named && forces)
    out = {{"type", "tool"}, {"name", what.choice->name}};
  else if (must_call)
    out = {{"type", "any"}};
  if (what.parallel_tools && !*what.parallel_tools
      && out.value("type", "auto") != "none") {
    out["type"] = out.value("type", "auto");
    out["disable_parallel_tool_use"] = true;
  }
  return out.empty() ? std::nullopt : std::optional{out};
}

class anthropic_protocol final : public protocol {
public:
  caf::expected<net::request> encode(const chat_request& what,
                                     const call_options& options,
                                     const endpoint& to) const override {
    if (auto problem = anthropic_lacks(what))
      return problem;
    json body{{"model", options.model},
              {"stream", true},
              {"max_tokens", what.max_output_tokens},
              {"messages", anthropic_messages_of(what, options.model)}};
    if (auto system = system_of(what, options); !system.empty())
      body["system"] = system;
    if (auto effort = effort_of(what, options); !effort.empty())
      body["output_config"] = {{"effort", effort}};
    if (what.reasoning_tokens)
      body["thinking"] = {{"type", "enabled"},
                          {"budget_tokens", *what.reasoning_tokens}};
    if (auto tools = tools_of(what); !tools.empty()) {
      body["tools"] = tools;
      if (auto choice = choice_of(what, options))
        body["tool_choice"] = *choice;
    }
    if (what.temperature)
      body["temperature"] = *what.temperature;
    if (what.draws.top_p)
      body["top_p"] = *what.draws.top_p;
    if (what.draws.top_k)
      body["top_k"] = *what.draws.top_k;
    if (!what.draws.stop.empty())
      body["stop_sequences"] = what.draws.stop;
    if (!what.end_user.empty())
      body["metadata"] = {{"user_id", what.end_user}};
    add_vendor_members(body, what, protocol_kind::anthropic);
    auto request = post_json(to.url + "/messages", body);
    request.headers.emplace_back("Accept", "text/event-stream");
    request.headers.emplace_back("anthropic-version", "2023-06-01");
    request.headers.emplace_back("Idempotency-Key", options.idempotency_key);
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
