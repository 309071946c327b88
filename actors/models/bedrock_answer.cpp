#include "actors/models/answers.hpp"
#include "actors/models/provider_json.hpp"

#include <algorithm>
#include <map>

namespace machine::models {

namespace {

using nlohmann::json;

std::optional<token_usage> bedrock_usage(const json& from) {
  auto* usage = part_at(from, "usage");
  if (usage == nullptr)
    return std::nullopt;
  auto prompt = count_at(*usage, "inputTokens");
  auto answer = count_at(*usage, "outputTokens");
  if (!prompt || !answer)
    return std::nullopt;
  // The prompt's count leaves out what its cache has or is given.
  token_usage x;
  x.input = *prompt;
  x.output = *answer;
  x.cached = count_at(*usage, "cacheReadInputTokens").value_or(0);
  x.cache_write = count_at(*usage, "cacheWriteInputTokens").value_or(0);
  if (auto* parts = part_at(*usage, "cacheDetails"); parts && parts->is_array())
    for (auto& part : *parts)
      if (text_at(part, "ttl") == "1h")
        x.cache_write_hour +=
          take_part(x.cache_write, count_at(part, "inputTokens"));
  if (prompt_tokens(x) + answer_tokens(x) == 0)
    return std::nullopt;
  return x;
}

/// A block of the answer, while it comes.
struct bedrock_block {
  enum class kind_type : uint8_t { text, tool, thought };

  kind_type kind = kind_type::text;
  std::string id;
  std::string name;
  /// Of a text or a thought, or the input of a tool.
  std::string text;
  std::string signature;
  /// A thought that only its provider can read, in Base64.
  std::string redacted;
  /// Of a tool call: its place among them.
  uint32_t call = 0;
};

class bedrock_reader final : public answer_reader {
public:
  bedrock_reader(const chat_request& asked, std::string model)
      : asked_(asked), asked_model_(std::move(model)), ids_(asked) {}

  caf::expected<answer_deltas> take(const net::sse_event& event) override {
    if (is_error(event.event))
      return stream_fault(bedrock_fault(event));
    auto data = parse_bounded(event.data);
    if (!data.is_object())
      return garbled("an event is no JSON object, or too large a one");
    answer_deltas out;
    auto err = take_event(event.event, data, out);
    if (err)
      return err;
    return out;
  }

  /// A whole answer, as Converse sends it.
  caf::expected<answer_deltas> take_whole(const json& document) {
    auto* output = part_at(document, "output");
    auto* message = output != nullptr ? part_at(*output, "message") : nullptr;
    auto* content = message != nullptr ? part_at(*message, "content") : nullptr;
    if (content == nullptr || !content->is_array())
      return garbled("it has no content");
    answer_deltas out;
    uint64_t index = 0;
    for (auto& x : *content)
      if (auto err = take_block(index++, x, out))
        return err;
    reason_ = text_at(document, "stopReason").substr(0, 64);
    usage_ = bedrock_usage(document);
    return out;
  }

  bool complete() const override {
    return !reason_.empty() && usage_;
  }

  bool may_end() const override {
    return !reason_.empty();
  }

  caf::expected<chat_response> response() override {
    if (reason_ == "malformed_model_output" || reason_ == "malformed_tool_use")
      return garbled("the model wrote a call that is none (" + reason_ + ")");
    chat_response answer;
    answer.message.role = chat_role::assistant;
    std::optional<std::string> by_schema;
    for (auto& [index, x] : blocks_) {
      if (x.kind == bedrock_block::kind_type::text)
        answer.message.content += x.text;
      else if (is_schema_answer(x))
        by_schema = is_blank(x.text) ? "{}" : x.text;
      else if (x.kind == bedrock_block::kind_type::tool)
        answer.message.tool_calls.push_back(
          {x.id, x.name, arguments_of(x.text)});
    }
    answer.message.provider_blocks = keep_content();
    if (by_schema)
      answer.message.content = std::move(*by_schema);
    answer.stop = stop(!answer.message.tool_calls.empty());
    answer.stop_text = stop_text_;
    answer.model = asked_model_;
    answer.usage = usage_;
    return answer;
  }

  std::optional<token_usage> usage() const override {
    return usage_;
  }

private:
  /// Whatever the framing could not take for an event of an answer.
  static bool is_error(const std::string& event) {
    return event.ends_with("Exception") || event.ends_with("Error")
        || event == "exception" || event == "error";
  }

  static provider_fault bedrock_fault(const net::sse_event& event) {
    auto said = read_fault(event.data);
    auto name = event.event.substr(0, 64);
    std::transform(name.begin(), name.end(), name.begin(), [](char c) {
      return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    });
    said.words += (said.words.empty() ? "" : " ") + name;
    return said;
  }

  caf::error take_event(const std::string& type, const json& data,
                        answer_deltas& out) {
    auto index = count_at(data, "contentBlockIndex").value_or(0);
    if (type == "contentBlockStart") {
      auto* start = part_at(data, "start");
      auto* tool = start != nullptr ? part_at(*start, "toolUse") : nullptr;
      return tool != nullptr ? begin_tool(index, *tool, out) : caf::error{};
    }
    if (type == "contentBlockDelta") {
      auto* delta = part_at(data, "delta");
      return delta != nullptr ? take_delta(index, *delta, out) : caf::error{};
    }
    if (type == "messageStop") {
      reason_ = text_at(data, "stopReason").substr(0, 64);
      if (auto* more = part_at(data, "additionalModelResponseFields"))
        stop_text_ = text_at(*more, "stop_sequence").substr(0, 1'024);
    } else if (type == "metadata") {
      usage_ = bedrock_usage(data);
    }
    return caf::none;
  }

  /// Null if there are too many.
  bedrock_block* block_at(uint64_t index) {
    if (!blocks_.contains(index) && blocks_.size() >= max_answer_parts)
      return nullptr;
    return &blocks_[index];
  }

  caf::error begin_tool(uint64_t index, const json& tool, answer_deltas& out) {
    auto* x = block_at(index);
    if (x == nullptr)
      return garbled("it has more than 128 blocks");
    *x = {};
    x->kind = bedrock_block::kind_type::tool;
    x->name = text_at(tool, "name");
    x->id = text_at(tool, "toolUseId");
    if (auto err = size_.add(x->id.size() + x->name.size()))
      return err;
    if (is_schema_answer(*x))
      return caf::none;
    x->id = ids_.take(x->id);
    x->call = calls_++;
    out.push_back({answer_delta::kind_type::tool, {}, x->call, x->id, x->name});
    return caf::none;
  }

  caf::error take_delta(uint64_t index, const json& delta, answer_deltas& out) {
    auto* x = block_at(index);
    if (x == nullptr)
      return garbled("it has more than 128 blocks");
    if (auto* thought = part_at(delta, "reasoningContent"))
      return take_thought(*x, *thought, out);
    auto* tool = part_at(delta, "toolUse");
    auto text =
      tool != nullptr ? text_at(*tool, "input") : text_at(delta, "text");
    return add_text(*x, std::move(text), out);
  }

  caf::error add_text(bedrock_block& to, std::string text, answer_deltas& out) {
    if (auto err = size_.add(text.size()))
      return err;
    to.text += text;
    if (text.empty())
      return caf::none;
    auto is_call =
      to.kind == bedrock_block::kind_type::tool && !is_schema_answer(to);
    out.push_back({is_call ? answer_delta::kind_type::arguments
                           : answer_delta::kind_type::text,
                   std::move(text), to.call});
    return caf::none;
  }

  caf::error take_thought(bedrock_block& to, const json& thought,
                          answer_deltas& out) {
    auto text = text_at(thought, "text");
    auto signature = text_at(thought, "signature");
    auto redacted = text_at(thought, "redactedContent");
    if (auto err = size_.add(text.size() + signature.size() + redacted.size()))
      return err;
    to.kind = bedrock_block::kind_type::thought;
    to.text += text;
    to.signature += signature;
    to.redacted += redacted;
    if (!text.empty())
      out.push_back({answer_delta::kind_type::thought, std::move(text)});
    if (!signature.empty())
      out.push_back({answer_delta::kind_type::signature, std::move(signature)});
    if (!redacted.empty())
      out.push_back({answer_delta::kind_type::redacted, std::move(redacted)});
    return caf::none;
  }

  /// A block of a whole answer.
  caf::error take_block(uint64_t index, const json& x, answer_deltas& out) {
    if (auto* tool = part_at(x, "toolUse")) {
      if (auto err = begin_tool(index, *tool, out))
        return err;
      auto* input = part_at(*tool, "input");
      return add_text(blocks_[index], input != nullptr ? input->dump() : "{}",
                      out);
    }
    auto* to = block_at(index);
    if (to == nullptr)
      return garbled("it has more than 128 blocks");
    auto* thought = part_at(x, "reasoningContent");
    if (thought == nullptr)
      return add_text(*to, text_at(x, "text"), out);
    auto* seen = part_at(*thought, "reasoningText");
    return take_thought(*to, seen != nullptr ? *seen : *thought, out);
  }

  /// A tool stands for the answer by a schema: its input is the text.
  bool is_schema_answer(const bedrock_block& x) const {
    return asked_.output_schema && x.kind == bedrock_block::kind_type::tool
        && x.name == anthropic_answer_tool;
  }

  /// Thoughts must come back unchanged, in their place and to the same model.
  std::optional<json_text> keep_content() const {
    auto thinks = false;
    auto out = json::array();
    for (auto& [index, x] : blocks_) {
      if (x.kind == bedrock_block::kind_type::thought) {
        thinks = true;
        out.push_back(thought_to_json(x));
      } else if (x.kind == bedrock_block::kind_type::tool
                 && !is_schema_answer(x)) {
        out.push_back({{"toolUse",
                        {{"toolUseId", x.id},
                         {"name", x.name},
                         {"input", object_of(arguments_of(x.text))}}}});
      } else if (!is_blank(x.text)) {
        out.push_back({{"text", x.text}});
      }
    }
    if (!thinks)
      return std::nullopt;
    return keep_blocks(protocol_kind::bedrock, asked_model_, "content",
                       std::move(out));
  }

  static json thought_to_json(const bedrock_block& x) {
    if (!x.redacted.empty())
      return {{"reasoningContent", {{"redactedContent", x.redacted}}}};
    json text{{"text", x.text}};
    if (!x.signature.empty())
      text["signature"] = x.signature;
    return {{"reasoningContent", {{"reasoningText", std::move(text)}}}};
  }

  stop_reason stop(bool has_calls) const {
    if (reason_ == "max_tokens" || reason_ == "model_context_window_exceeded")
      return stop_reason::length;
    if (reason_ == "guardrail_intervened" || reason_ == "content_filtered")
      return stop_reason::refused;
    if (reason_ == "stop_sequence")
      return stop_reason::stop_text;
    return has_calls ? stop_reason::tool_use : stop_reason::finished;
  }

  const chat_request asked_;
  const std::string asked_model_;
  /// By their place in the answer.
  std::map<uint64_t, bedrock_block> blocks_;
  call_ids ids_;
  uint32_t calls_ = 0;
  std::string reason_;
  std::string stop_text_;
  std::optional<token_usage> usage_;
  answer_size size_;
};

} // namespace

std::unique_ptr<answer_reader> bedrock_answer(const chat_request& asked,
                                              const call_options& options) {
  return std::make_unique<bedrock_reader>(asked, options.model);
}

caf::expected<chat_response> read_bedrock_answer(std::string_view body,
                                                 const chat_request& asked,
                                                 const call_options& options) {
  auto document = parse_bounded(body);
  if (!document.is_object())
    return garbled("it is no JSON object, or too large a one");
  bedrock_reader reader{asked, options.model};
  auto taken = reader.take_whole(document);
  if (!taken)
    return std::move(taken.error());
  return reader.response();
}

} // namespace machine::models
