#include "actors/models/answers.hpp"
#include "actors/models/provider_json.hpp"
#include "runtime/wire/wire.hpp"

#include <algorithm>
#include <set>

// The Converse API as its public reference describes it
// (docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream
// .html and .../userguide/prompt-caching.html). An answer by a schema is asked
// for as a tool, which all models with tools understand.

namespace machine::models {

namespace {

using nlohmann::json;

/// Models that keep prompts; others refuse to be asked for it. What a name of
/// an account's own stands for is not known.
bool has_cache(const std::string& model) {
  return model.find("anthropic.") != model.npos
      || model.find("amazon.nova") != model.npos || model.starts_with("arn:");
}

json cache_point_of(const attachment& x) {
  json point{{"type", "default"}};
  if (!x.detail.empty())
    point["ttl"] = x.detail;
  return {{"cachePoint", point}};
}

/// The API takes letters, digits, `_` and `-`, and at most 64 of them.
std::string tool_use_id(const std::string& id) {
  auto result = id.substr(0, 64);
  for (auto& c : result) {
    auto plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
              || (c >= '0' && c <= '9') || c == '_' || c == '-';
    if (!plain)
      c = '_';
  }
  return result.empty() ? "call" : result;
}

/// What the API calls the format of a `TYPE/SUBTYPE`.
std::string format_of(const attachment& x) {
  constexpr std::pair<std::string_view, std::string_view> known[] = {
    {"text/plain", "txt"},
    {"text/markdown", "md"},
    {"application/msword", "doc"},
    {"application/vnd.ms-excel", "xls"},
    {"application/"
     "vnd.openxmlformats-officedocument.wordprocessingml.document",
     "docx"},
    {"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
     "xlsx"},
    {"audio/x-wav", "wav"},
    {"image/jpg", "jpeg"},
    {"audio/mp4", "m4a"},
  };
  for (auto& [type, name] : known)
    if (x.media_type == type)
      return std::string{name};
  auto slash = x.media_type.find('/');
  if (slash == std::string::npos)
    return x.kind == attachment_kind::document ? "pdf" : "png";
  return x.media_type.substr(slash + 1);
}

json bedrock_source(const attachment& x) {
  if (x.data.empty())
    return {{"s3Location", {{"uri", x.url}}}};
  return {{"bytes", x.data}};
}

/// The blocks of a request, as they grow.
class bedrock_blocks {
public:
  explicit bedrock_blocks(const std::string& model) : model_(model) {}

  json content_of(const chat_message& x) {
    auto kept = kept_blocks(x, protocol_kind::bedrock, model_);
    if (auto* content = part_at(kept, "content"); content != nullptr)
      return *content;
    if (x.role == chat_role::tool)
      return result_of(x);
    auto out = parts_of(x);
    for (auto& call : x.tool_calls)
      out.push_back({{"toolUse",
                      {{"toolUseId", tool_use_id(call.id)},
                       {"name", call.name},
                       {"input", object_of(call.arguments)}}}});
    return out;
  }

  /// The text of *x* and what is attached to it.
  json parts_of(const chat_message& x) {
    auto out = json::array();
    auto has_text = false;
    std::string document;
    for_each_part(
      x,
      [&](std::string_view text) {
        // The API refuses texts without words.
        if (is_blank(text))
          return;
        has_text = true;
        out.push_back({{"text", text}});
      },
      [&](const attachment& item) {
        if (item.kind == attachment_kind::cache_point) {
          if (!out.empty() && has_cache(model_))
            out.push_back(cache_point_of(item));
          return;
        }
        out.push_back(media_of(item));
        if (item.kind == attachment_kind::document)
          document = out.back()["document"]["name"].get<std::string>();
      });
    // A document must not stand alone.
    if (!document.empty() && !has_text && x.role != chat_role::tool)
      out.insert(out.begin(), json{{"text", document}});
    return out;
  }

private:
  json result_of(const chat_message& x) {
    auto out = json::array();
    auto content = json::array();
    for (auto& part : parts_of(x))
      if (part.contains("cachePoint"))
        out.push_back(part);
      else
        content.push_back(part);
    if (content.empty())
      content.push_back(
        {{"text", is_blank(x.content) ? "(nothing)" : x.content}});
    out.insert(out.begin(),
               json{{"toolResult",
                     {{"toolUseId", tool_use_id(x.tool_call_id.value_or(""))},
                      {"content", std::move(content)}}}});
    return out;
  }

  json media_of(const attachment& x) {
    json media{{"format", format_of(x)}, {"source", bedrock_source(x)}};
    if (x.kind == attachment_kind::document) {
      media["name"] = name_of(x);
      return {{"document", media}};
    }
    auto kind = x.kind == attachment_kind::image ? "image" : "audio";
    return {{kind, media}};
  }

  /// Letters, digits, single spaces, hyphens and brackets; and no name twice.
  std::string name_of(const attachment& x) {
    std::string name;
    for (auto c : x.name.substr(0, 180)) {
      auto plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
                || (c >= '0' && c <= '9')
                || std::string_view{"-()[]"}.find(c) != std::string_view::npos;
      if (plain)
        name += c;
      else if (!name.empty() && name.back() != ' ')
        name += ' ';
    }
    while (name.ends_with(' '))
      name.pop_back();
    if (name.empty())
      name = "document";
    auto unique = name;
    for (int i = 2; !names_.insert(unique).second; ++i)
      unique = name + " " + std::to_string(i);
    return unique;
  }

  const std::string& model_;
  std::set<std::string> names_;
};

/// Roles alternate; results of tools are the user's.
json bedrock_messages(const chat_request& what, bedrock_blocks& blocks) {
  auto out = json::array();
  for (auto& x : what.messages) {
    if (x.role == chat_role::system)
      continue;
    auto role = x.role == chat_role::assistant ? "assistant" : "user";
    auto content = blocks.content_of(x);
    if (content.empty())
      continue;
    if (out.empty() || out.back()["role"] != role)
      out.push_back({{"role", role}, {"content", json::array()}});
    for (auto& part : content)
      out.back()["content"].push_back(std::move(part));
  }
  return out;
}

json bedrock_system(const chat_request& what, const call_options& options,
                    bedrock_blocks& blocks) {
  auto out = json::array();
  for (auto& x : what.messages)
    if (x.role == chat_role::system)
      for (auto& part : blocks.parts_of(x))
        out.push_back(part);
  if (what.output_schema && !options.speaks.forced_tools)
    out.push_back({{"text", "Give your answer by calling the tool `answer`, "
                            "once, with nothing beside it."}});
  if (what.json_output && !what.output_schema)
    out.push_back(
      {{"text", "Answer with one JSON object and nothing beside it."}});
  return out;
}

json tool_spec(const std::string& name, const std::string& description,
               json schema) {
  if (schema.empty())
    schema["type"] = "object";
  json spec{{"name", name}, {"inputSchema", {{"json", std::move(schema)}}}};
  if (!description.empty())
    spec["description"] = description;
  return {{"toolSpec", std::move(spec)}};
}

/// Tools that were called earlier and are not offered now: the API wants every
/// tool of the conversation described.
void add_past_tools(json& out, const chat_request& what) {
  std::set<std::string> known;
  for (auto& tool : out)
    known.insert(tool["toolSpec"]["name"].get<std::string>());
  for (auto& x : what.messages)
    for (auto& call : x.tool_calls)
      if (out.size() < max_answer_parts && known.insert(call.name).second)
        out.push_back(tool_spec(call.name, "Not to be called any more.", {}));
}

/// Whether the model is not to call tools; the API has no word for that.
bool is_quiet(const chat_request& what) {
  return what.choice && what.choice->mode == tool_mode::none
      && !what.output_schema;
}

std::optional<json> bedrock_choice(const chat_request& what,
                                   const call_options& options) {
  if (!options.speaks.forced_tools)
    return std::nullopt;
  if (what.output_schema && what.tools.empty())
    return json{{"tool", {{"name", anthropic_answer_tool}}}};
  if (what.output_schema)
    return json{{"any", json::object()}};
  if (!what.choice || what.tools.empty())
    return std::nullopt;
  switch (what.choice->mode) {
    case tool_mode::required: return json{{"any", json::object()}};
    case tool_mode::named: return json{{"tool", {{"name", what.choice->name}}}};
    default: return std::nullopt;
  }
}

/// The mark for the cache that stands before the first word: what stands there
/// are the tools.
const attachment* bedrock_tool_mark(const chat_request& what) {
  for (auto& x : what.messages)
    if (x.role == chat_role::system) {
      auto marked = !x.attachments.empty() && x.attachments.front().at == 0
                 && x.attachments.front().kind == attachment_kind::cache_point;
      return marked ? &x.attachments.front() : nullptr;
    }
  return nullptr;
}

void add_bedrock_tools(json& body, const chat_request& what,
                       const call_options& options) {
  auto tools = json::array();
  if (!is_quiet(what))
    for (auto& tool : what.tools)
      tools.push_back(
        tool_spec(tool.name, tool.description, object_of(tool.parameters)));
  if (what.output_schema)
    tools.push_back(tool_spec(anthropic_answer_tool, "Gives the answer.",
                              object_of(*what.output_schema)));
  add_past_tools(tools, what);
  if (tools.empty())
    return;
  auto* mark = bedrock_tool_mark(what);
  if (mark != nullptr && has_cache(options.model))
    tools.push_back(cache_point_of(*mark));
  body["toolConfig"]["tools"] = std::move(tools);
  if (auto choice = bedrock_choice(what, options))
    body["toolConfig"]["toolChoice"] = *choice;
}

json inference_of(const chat_request& what) {
  json out{{"maxTokens", what.max_output_tokens}};
  if (what.temperature)
    out["temperature"] = *what.temperature;
  if (what.draws.top_p)
    out["topP"] = *what.draws.top_p;
  if (!what.draws.stop.empty())
    out["stopSequences"] = what.draws.stop;
  return out;
}

/// What only models of Anthropic understand.
json anthropic_fields(const chat_request& what, const std::string& model) {
  auto out = json::object();
  if (model.find("anthropic.") == model.npos)
    return out;
  if (what.draws.top_k)
    out["top_k"] = *what.draws.top_k;
  if (what.reasoning_tokens)
    out["thinking"] = {{"type", "enabled"},
                       {"budget_tokens", *what.reasoning_tokens}};
  return out;
}

caf::error bedrock_lacks(const chat_request& what) {
  for (auto& x : what.messages)
    for (auto& item : x.attachments)
      if (item.kind != attachment_kind::cache_point && item.data.empty()
          && !item.url.starts_with("s3://"))
        return make_error(ec::provider_rejected,
                          "this API fetches nothing but s3:// addresses; send "
                          "the file itself, or choose another model");
  return caf::none;
}

class bedrock_protocol final : public protocol {
public:
  caf::expected<net::request> encode(const chat_request& what,
                                     const call_options& options,
                                     const endpoint& to) const override {
    if (auto problem = bedrock_lacks(what))
      return problem;
    bedrock_blocks blocks{options.model};
    auto system = bedrock_system(what, options, blocks);
    json body{{"messages", bedrock_messages(what, blocks)},
              {"inferenceConfig", inference_of(what)}};
    if (!system.empty())
      body["system"] = std::move(system);
    add_bedrock_tools(body, what, options);
    if (auto effort = effort_of(what, options);
        !effort.empty() && effort != "none")
      body["outputConfig"]["effort"] = effort == "minimal" ? "low" : effort;
    if (auto more = anthropic_fields(what, options.model); !more.empty())
      body["additionalModelRequestFields"] = std::move(more);
    add_vendor_members(body, what, protocol_kind::bedrock);
    auto request = post_json(to.url + "/model/" + path_segment(options.model)
                               + "/converse-stream",
                             body);
    request.headers.emplace_back("Accept",
                                 "application/vnd.amazon.eventstream");
    return request;
  }

  std::unique_ptr<framing>
  make_framing(std::string_view content_type) const override {
    constexpr std::string_view binary = "application/vnd.amazon.eventstream";
    if (content_type.find(binary) == content_type.npos)
      return nullptr;
    return aws_framing();
  }

  std::unique_ptr<answer_reader>
  make_reader(const chat_request& what,
              const call_options& options) const override {
    return bedrock_answer(what, options);
  }

  caf::expected<chat_response>
  read_whole(std::string_view body, const chat_request& what,
             const call_options& options) const override {
    return read_bedrock_answer(body, what, options);
  }
};

} // namespace

std::shared_ptr<const protocol> bedrock_converse() {
  return std::make_shared<bedrock_protocol>();
}

} // namespace machine::models
