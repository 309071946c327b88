#include "actors/models/answers.hpp"
#include "actors/models/provider_json.hpp"
#include "runtime/wire/wire.hpp"

#include <map>

// The Gemini API as its public reference describes it
// (ai.google.dev/api/generate-content, .../gemini-api/docs/function-calling,
// .../thinking, .../thought-signatures, and ai.google.dev/api/embeddings).
// Schemas are JSON Schema (`parametersJsonSchema`, `responseJsonSchema`).

namespace machine::models {

namespace {

using nlohmann::json;

std::string_view plain_name(std::string_view model) {
  constexpr std::string_view prefix = "models/";
  return model.starts_with(prefix) ? model.substr(prefix.size()) : model;
}

/// Models before the third generation think by budgets, and cannot have both
/// tools and a schema; those after it insist on their signatures.
bool is_early(std::string_view model) {
  auto name = plain_name(model);
  return name.starts_with("gemini-1") || name.starts_with("gemini-2");
}

json media_part(const attachment& x) {
  if (!x.data.empty())
    return {{"inlineData", {{"mimeType", x.media_type}, {"data", x.data}}}};
  json file{{"fileUri", x.url}};
  if (!x.media_type.empty())
    file["mimeType"] = x.media_type;
  return {{"fileData", file}};
}

/// The provider finds by itself what it has seen before: marks for its cache
/// are left out.
json gemini_parts(const chat_message& x) {
  auto out = json::array();
  for_each_part(
    x,
    [&](std::string_view text) {
      out.push_back({{"text", text}});
    },
    [&](const attachment& item) {
      if (item.kind != attachment_kind::cache_point)
        out.push_back(media_part(item));
    });
  return out;
}

/// A call that a result may answer.
struct known_call {
  std::string name;
  /// The provider gave it its id, and wants to hear it again.
  bool has_id = false;
};

/// The contents of a request, as they grow.
class gemini_contents {
public:
  explicit gemini_contents(const std::string& model) : model_(model) {}

  void add(const chat_message& x) {
    if (x.role == chat_role::tool) {
      add_result(x);
      return;
    }
    show_attachments();
    if (x.role == chat_role::user)
      add_parts("user", gemini_parts(x));
    else
      add_answer(x);
  }

  json take() {
    show_attachments();
    return std::move(out_);
  }

private:
  /// Roles alternate; results of tools are the user's.
  void add_parts(const char* role, json parts) {
    if (parts.empty())
      return;
    if (out_.empty() || out_.back()["role"] != role)
      out_.push_back({{"role", role}, {"parts", json::array()}});
    for (auto& part : parts)
      out_.back()["parts"].push_back(std::move(part));
  }

  void add_answer(const chat_message& x) {
    auto kept = kept_blocks(x, protocol_kind::gemini, model_);
    if (auto* parts = part_at(kept, "parts"); parts && parts->is_array()) {
      size_t next = 0;
      for (auto& part : *parts)
        if (auto* call = part_at(part, "functionCall"))
          if (next < x.tool_calls.size())
            calls_[x.tool_calls[next++].id] = {text_at(*call, "name"),
                                               call->contains("id")};
      add_parts("model", *parts);
      return;
    }
    auto parts = gemini_parts(x);
    for (auto& call : x.tool_calls) {
      json part{{"functionCall",
                 {{"name", call.name}, {"args", object_of(call.arguments)}}}};
      // What another model called has no signature: the documented stand-in.
      if (&call == &x.tool_calls.front() && !is_early(model_))
        part["thoughtSignature"] = "skip_thought_signature_validator";
      parts.push_back(std::move(part));
      calls_[call.id] = {call.name, false};
    }
    add_parts("model", std::move(parts));
  }

  void add_result(const chat_message& x) {
    auto id = x.tool_call_id.value_or("");
    auto& call = calls_[id];
    json answer{{"name", call.name.empty() ? "tool" : call.name},
                {"response", {{"output", x.content}}}};
    if (call.has_id)
      answer["id"] = id;
    add_parts("user", json::array({{{"functionResponse", answer}}}));
    show_result(x, shown_);
  }

  /// What tools have attached to their results follows all of these.
  void show_attachments() {
    add_parts("user", gemini_parts(shown_));
    shown_ = {};
  }

  const std::string& model_;
  json out_ = json::array();
  /// By the id of the call.
  std::map<std::string, known_call> calls_;
  chat_message shown_;
};

/// Whether the schema must be told in words: early models refuse to be bound by
/// one where they may call tools.
bool tells_schema(const chat_request& what, const call_options& options) {
  return what.output_schema && !what.tools.empty() && is_early(options.model);
}

json gemini_system(const chat_request& what, const call_options& options) {
  auto parts = json::array();
  for (auto& x : what.messages)
    if (x.role == chat_role::system)
      for (auto& part : gemini_parts(x))
        parts.push_back(part);
  if (tells_schema(what, options))
    parts.push_back({{"text", "Give your answer as one JSON object and nothing "
                              "beside it, by this JSON Schema: "
                                + what.output_schema->text}});
  return parts;
}

void add_gemini_tools(json& body, const chat_request& what) {
  if (what.tools.empty())
    return;
  auto all = json::array();
  for (auto& tool : what.tools) {
    json out{{"name", tool.name}, {"description", tool.description}};
    if (auto schema = object_of(tool.parameters); !schema.empty())
      out["parametersJsonSchema"] = std::move(schema);
    all.push_back(std::move(out));
  }
  body["tools"] = json::array({{{"functionDeclarations", all}}});
  if (!what.choice)
    return;
  json how{{"mode", what.choice->mode == tool_mode::automatic ? "AUTO"
                    : what.choice->mode == tool_mode::none    ? "NONE"
                                                              : "ANY"}};
  if (what.choice->mode == tool_mode::named)
    how["allowedFunctionNames"] = {what.choice->name};
  body["toolConfig"]["functionCallingConfig"] = how;
}

/// Budgets as Google's own compatible server makes them of efforts.
json thinking_of(const std::string& effort, const chat_request& what,
                 const call_options& options) {
  auto out = json::object();
  if (what.reasoning_tokens) {
    out["thinkingBudget"] = *what.reasoning_tokens;
  } else if (effort.empty()) {
    return out;
  } else if (is_early(options.model)) {
    out["thinkingBudget"] = effort == "none"                       ? 0
                          : effort == "minimal" || effort == "low" ? 1'024
                          : effort == "medium"                     ? 8'192
                                                                   : 24'576;
  } else {
    out["thinkingLevel"] = effort == "none" || effort == "minimal" ? "MINIMAL"
                         : effort == "low"                         ? "LOW"
                         : effort == "medium"                      ? "MEDIUM"
                                                                   : "HIGH";
  }
  if (effort != "none" && what.reasoning_tokens != 0u)
    out["includeThoughts"] = true;
  return out;
}

json generation_of(const chat_request& what, const call_options& options) {
  json out{{"maxOutputTokens", what.max_output_tokens}};
  auto& x = what.draws;
  auto add = [&](const char* name, const auto& value) {
    if (value)
      out[name] = *value;
  };
  add("temperature", what.temperature);
  add("topP", x.top_p);
  add("topK", x.top_k);
  add("frequencyPenalty", x.frequency_penalty);
  add("presencePenalty", x.presence_penalty);
  add("seed", x.seed);
  if (!x.stop.empty())
    out["stopSequences"] = x.stop;
  if (what.output_schema && !tells_schema(what, options)) {
    out["responseMimeType"] = "application/json";
    out["responseJsonSchema"] = object_of(*what.output_schema);
  } else if (what.json_output && what.tools.empty()) {
    out["responseMimeType"] = "application/json";
  }
  auto effort = effort_of(what, options);
  if (auto thinking = thinking_of(effort, what, options); !thinking.empty())
    out["thinkingConfig"] = thinking;
  return out;
}

std::string gemini_address(const endpoint& to, std::string_view model,
                           const char* method) {
  return to.url + "/models/" + path_segment(plain_name(model)) + ":" + method;
}

class gemini_protocol final : public protocol {
public:
  caf::expected<net::request> encode(const chat_request& what,
                                     const call_options& options,
                                     const endpoint& to) const override {
    gemini_contents contents{options.model};
    for (auto& x : what.messages)
      if (x.role != chat_role::system)
        contents.add(x);
    json body{{"contents", contents.take()},
              {"generationConfig", generation_of(what, options)}};
    if (auto parts = gemini_system(what, options); !parts.empty())
      body["systemInstruction"]["parts"] = std::move(parts);
    add_gemini_tools(body, what);
    add_vendor_members(body, what, protocol_kind::gemini);
    auto request = post_json(
      gemini_address(to, options.model, "streamGenerateContent?alt=sse"), body);
    request.headers.emplace_back("Accept", "text/event-stream");
    return request;
  }

  std::unique_ptr<answer_reader>
  make_reader(const chat_request& what,
              const call_options& options) const override {
    return gemini_answer(what, options);
  }

  caf::expected<chat_response>
  read_whole(std::string_view body, const chat_request& what,
             const call_options& options) const override {
    return read_gemini_answer(body, what, options);
  }

  caf::expected<net::request>
  encode_embeddings(const embedding_request& what, const call_options& options,
                    const endpoint& to) const override {
    auto name = "models/" + std::string{plain_name(options.model)};
    auto all = json::array();
    for (auto& text : what.inputs) {
      json one{{"model", name},
               {"content", {{"parts", json::array({{{"text", text}}})}}}};
      if (what.dimensions)
        one["outputDimensionality"] = *what.dimensions;
      all.push_back(std::move(one));
    }
    return post_json(gemini_address(to, options.model, "batchEmbedContents"),
                     json{{"requests", std::move(all)}});
  }

  caf::expected<embedding_response>
  read_embeddings(std::string_view body,
                  const embedding_request& what) const override {
    return read_gemini_embeddings(body, what);
  }

  size_t max_embedding_inputs() const override {
    return 100;
  }
};

} // namespace

std::shared_ptr<const protocol> gemini_content() {
  return std::make_shared<gemini_protocol>();
}

} // namespace machine::models
