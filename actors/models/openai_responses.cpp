#include "actors/models/answers.hpp"
#include "actors/models/provider_json.hpp"
#include "runtime/wire/wire.hpp"

#include <algorithm>

// The Responses API as its public reference describes it
// (platform.openai.com/docs/api-reference/responses), with nothing kept by the
// provider (`store`): the conversation is sent as a whole.

namespace machine::models {

namespace {

using nlohmann::json;

/// The API refuses a smaller bound on the answer.
constexpr uint32_t least_output_tokens = 16;

json input_part(const attachment& x) {
  auto address =
    x.data.empty() ? x.url : "data:" + x.media_type + ";base64," + x.data;
  if (x.kind == attachment_kind::image)
    return {{"type", "input_image"},
            {"image_url", address},
            {"detail", x.detail.empty() ? "auto" : x.detail}};
  if (x.data.empty())
    return {{"type", "input_file"}, {"file_url", x.url}};
  return {{"type", "input_file"},
          {"filename", x.name.empty() ? "document.pdf" : x.name},
          {"file_data", address}};
}

/// A text, or a list of parts if something is attached.
json responses_content(const chat_message& x) {
  auto is_content = [](const attachment& item) {
    return item.kind != attachment_kind::cache_point;
  };
  if (std::none_of(x.attachments.begin(), x.attachments.end(), is_content))
    return x.content;
  auto parts = json::array();
  for_each_part(
    x,
    [&](std::string_view text) {
      parts.push_back({{"type", "input_text"}, {"text", text}});
    },
    [&](const attachment& item) {
      if (is_content(item))
        parts.push_back(input_part(item));
    });
  return parts;
}

void add_call(json& out, const tool_call& x) {
  auto is_object = parse_bounded(x.arguments.text).is_object();
  out.push_back({{"type", "function_call"},
                 {"call_id", x.id},
                 {"name", x.name},
                 {"arguments", is_object ? x.arguments.text : "{}"}});
}

void add_items(json& out, const chat_message& x, const std::string& model) {
  auto kept = kept_blocks(x, protocol_kind::openai_responses, model);
  if (auto* items = part_at(kept, "items"); items && items->is_array()) {
    for (auto& item : *items)
      out.push_back(item);
    return;
  }
  if (x.role == chat_role::tool) {
    out.push_back({{"type", "function_call_output"},
                   {"call_id", x.tool_call_id.value_or("")},
                   {"output", responses_content(x)}});
    return;
  }
  // A model's own words are text; it attaches nothing.
  auto content =
    x.role == chat_role::assistant ? json(x.content) : responses_content(x);
  if (!x.content.empty() || !x.attachments.empty())
    out.push_back(
      {{"role", std::string{wire::to_name(x.role)}}, {"content", content}});
  for (auto& call : x.tool_calls)
    add_call(out, call);
}

json responses_choice(const tool_choice& x) {
  if (x.mode == tool_mode::named)
    return {{"type", "function"}, {"name", x.name}};
  return std::string{wire::to_name(x.mode)};
}

void add_responses_tools(json& body, const chat_request& what) {
  for (auto& tool : what.tools)
    // Schemas that are not of the strict kind would be refused otherwise.
    body["tools"].push_back({{"type", "function"},
                             {"name", tool.name},
                             {"description", tool.description},
                             {"parameters", object_of(tool.parameters)},
                             {"strict", false}});
  if (what.tools.empty())
    return;
  if (what.choice)
    body["tool_choice"] = responses_choice(*what.choice);
  if (what.parallel_tools)
    body["parallel_tool_calls"] = *what.parallel_tools;
}

void add_responses_format(json& body, const chat_request& what) {
  if (what.output_schema)
    body["text"]["format"] = {
      {"type", "json_schema"},
      {"name", what.output_name.empty() ? "answer" : what.output_name},
      {"schema", object_of(*what.output_schema)}};
  else if (what.json_output)
    body["text"]["format"] = {{"type", "json_object"}};
}

caf::error responses_lacks(const chat_request& what) {
  for (auto& x : what.messages)
    for (auto& item : x.attachments)
      if (item.kind == attachment_kind::audio)
        return make_error(ec::provider_rejected,
                          "this API takes no sounds; choose another model");
  return caf::none;
}

class responses_protocol final : public protocol {
public:
  caf::expected<net::request> encode(const chat_request& what,
                                     const call_options& options,
                                     const endpoint& to) const override {
    if (auto problem = responses_lacks(what))
      return problem;
    json body{{"model", options.model},
              {"stream", true},
              {"store", false},
              {"max_output_tokens",
               std::max(what.max_output_tokens, least_output_tokens)}};
    // Models that do not think refuse to be asked for their thoughts.
    if (auto effort = effort_of(what, options); !effort.empty()) {
      body["reasoning"] = {{"effort", effort}};
      body["include"] = {"reasoning.encrypted_content"};
    }
    auto input = json::array();
    for (auto& x : what.messages)
      add_items(input, x, options.model);
    body["input"] = std::move(input);
    add_responses_tools(body, what);
    add_responses_format(body, what);
    if (what.temperature)
      body["temperature"] = *what.temperature;
    if (what.draws.top_p)
      body["top_p"] = *what.draws.top_p;
    if (!what.end_user.empty())
      body["user"] = what.end_user;
    add_vendor_members(body, what, protocol_kind::openai_responses);
    auto version = to.api_version.empty()
                   ? std::string{}
                   : "?api-version=" + path_segment(to.api_version);
    auto request = post_json(to.url + "/responses" + version, body);
    request.headers.emplace_back("Accept", "text/event-stream");
    request.headers.emplace_back("Idempotency-Key", options.idempotency_key);
    return request;
  }

  std::unique_ptr<answer_reader>
  make_reader(const chat_request& what,
              const call_options& options) const override {
    return responses_answer(what, options);
  }

  caf::expected<chat_response>
  read_whole(std::string_view body, const chat_request& what,
             const call_options& options) const override {
    return read_responses_answer(body, what, options);
  }

  caf::expected<net::request>
  encode_embeddings(const embedding_request& what, const call_options& options,
                    const endpoint& to) const override {
    return openai_chat()->encode_embeddings(what, options, to);
  }

  caf::expected<embedding_response>
  read_embeddings(std::string_view body,
                  const embedding_request& what) const override {
    return read_openai_embeddings(body, what);
  }

  size_t max_embedding_inputs() const override {
    return openai_chat()->max_embedding_inputs();
  }
};

} // namespace

std::shared_ptr<const protocol> openai_responses() {
  return std::make_shared<responses_protocol>();
}

} // namespace machine::models
