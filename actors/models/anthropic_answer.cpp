#include "actors/models/answers.hpp"
#include "actors/models/provider_json.hpp"

#include <map>

namespace machine::models {

namespace {

using nlohmann::json;

/// Counts are totals so far, and come in parts: what is no number leaves the
/// number before it in place.
struct counter {
  token_usage usage;
  bool has_input = false;
  /// The output has been counted to its end.
  bool has_output = false;

  void take(const json& from) {
    if (auto fresh = count_at(from, "input_tokens")) {
      usage.input = *fresh;
      has_input = true;
    }
    take_written(from);
    if (auto cached = count_at(from, "cache_read_input_tokens"))
      usage.cached = *cached;
    if (auto output = count_at(from, "output_tokens"))
      usage.output = *output;
  }

  /// What was written to the cache is told as a whole, and by how long it is
  /// kept.
  void take_written(const json& from) {
    auto all = count_at(from, "cache_creation_input_tokens");
    auto* parts = part_at(from, "cache_creation");
    if (!all && parts == nullptr)
      return;
    auto hour = parts != nullptr
                ? count_at(*parts, "ephemeral_1h_input_tokens").value_or(0)
                : 0;
    auto minutes = parts != nullptr
                   ? count_at(*parts, "ephemeral_5m_input_tokens").value_or(0)
                   : 0;
    usage.cache_write_hour = hour;
    usage.cache_write =
      std::max(minutes, all.value_or(0) > hour ? all.value_or(0) - hour : 0);
  }

  std::optional<token_usage> whole() const {
    if (!has_input || !has_output
        || prompt_tokens(usage) + answer_tokens(usage) == 0)
      return std::nullopt;
    return usage;
  }
};

struct block {
  std::string type;
  std::string id;
  std::string name;
  /// Of a text, the input of a tool, a thought, or redacted data.
  std::string text;
  std::string signature;
  /// Of a tool call: its place among them.
  uint32_t call = 0;

  size_t size() const {
    return id.size() + name.size() + text.size() + signature.size();
  }
};

block read_block(const json& from) {
  block x;
  x.type = text_at(from, "type");
  x.id = text_at(from, "id");
  x.name = text_at(from, "name");
  x.signature = text_at(from, "signature");
  x.text = x.type == "thinking"          ? text_at(from, "thinking")
         : x.type == "redacted_thinking" ? text_at(from, "data")
                                         : text_at(from, "text");
  return x;
}

stop_reason anthropic_stop(const std::string& text, bool has_calls) {
  if (text == "max_tokens" || text == "model_context_window_exceeded")
    return stop_reason::length;
  if (text == "refusal")
    return stop_reason::refused;
  if (text == "stop_sequence")
    return stop_reason::stop_text;
  return has_calls ? stop_reason::tool_use : stop_reason::finished;
}

/// The block as it must stand in the next request.
json block_to_json(const block& x) {
  if (x.type == "thinking")
    return {{"type", x.type}, {"thinking", x.text}, {"signature", x.signature}};
  if (x.type == "redacted_thinking")
    return {{"type", x.type}, {"data", x.text}};
  if (x.type == "text")
    return {{"type", x.type}, {"text", x.text}};
  return {{"type", x.type},
          {"id", x.id},
          {"name", x.name},
          {"input", object_of(arguments_of(x.text))}};
}

bool is_thought(const block& x) {
  return x.type == "thinking" || x.type == "redacted_thinking";
}

/// A tool stands for the answer by a schema: its input is the text.
bool is_answer(const block& x, const chat_request& asked) {
  return asked.output_schema && x.type == "tool_use"
      && x.name == anthropic_answer_tool;
}

/// Thoughts must come back unchanged, in their place and to the same model, or
/// the provider refuses the next request.
std::optional<json_text> keep_thoughts(const std::map<uint64_t, block>& blocks,
                                       const chat_request& asked,
                                       const std::string& model) {
  auto thinks = false;
  auto content = json::array();
  for (auto& [index, x] : blocks) {
    thinks = thinks || is_thought(x);
    // Nobody gives a result to a call that is the answer.
    if (is_answer(x, asked))
      content.push_back({{"type", "text"}, {"text", x.text}});
    else if (is_thought(x) || x.type == "tool_use"
             || (x.type == "text" && !is_blank(x.text)))
      content.push_back(block_to_json(x));
  }
  if (!thinks)
    return std::nullopt;
  return keep_blocks(protocol_kind::anthropic, model, "content",
                     std::move(content));
}

chat_response assemble(std::map<uint64_t, block> blocks,
                       const std::string& reason, const chat_request& asked,
                       const std::string& model) {
  chat_response answer;
  answer.message.role = chat_role::assistant;
  call_ids ids{asked};
  std::optional<std::string> by_schema;
  for (auto& [index, x] : blocks) {
    if (x.type == "text") {
      answer.message.content += x.text;
    } else if (is_answer(x, asked)) {
      by_schema = x.text.empty() ? "{}" : x.text;
    } else if (x.type == "tool_use") {
      x.id = ids.take(x.id);
      answer.message.tool_calls.push_back({x.id, x.name, arguments_of(x.text)});
    }
  }
  answer.message.provider_blocks = keep_thoughts(blocks, asked, model);
  if (by_schema)
    answer.message.content = std::move(*by_schema);
  answer.stop = anthropic_stop(reason, !answer.message.tool_calls.empty());
  return answer;
}

class anthropic_reader final : public answer_reader {
public:
  anthropic_reader(const chat_request& asked, std::string model)
      : asked_(asked), asked_model_(std::move(model)), ids_(asked) {}

  caf::expected<answer_deltas> take(const net::sse_event& event) override {
    auto data = parse_bounded(event.data);
    if (!data.is_object())
      return garbled("an event is no JSON object, or too large a one");
    auto type = text_at(data, "type");
    if (type == "error")
      return stream_fault(read_fault(event.data));
    if (type == "message_start") {
      if (auto* message = part_at(data, "message")) {
        model_ = text_at(*message, "model").substr(0, 256);
        count(*message);
      }
    } else if (type == "content_block_start") {
      return begin_block(data);
    } else if (type == "content_block_delta") {
      return add_to_block(data);
    } else if (type == "message_delta") {
      if (auto* delta = part_at(data, "delta"))
        take_reason(*delta);
      // The count at the beginning is none of the whole answer.
      auto* usage = part_at(data, "usage");
      if (usage != nullptr && count_at(*usage, "output_tokens"))
        counted_.has_output = true;
      count(data);
    } else if (type == "message_stop") {
      complete_ = true;
    }
    return answer_deltas{};
  }

  bool complete() const override {
    return complete_;
  }

  bool may_end() const override {
    return complete_ || !reason_.empty();
  }

  caf::expected<chat_response> response() override {
    auto answer = assemble(blocks_, reason_, asked_, asked_model_);
    answer.model = model_;
    answer.stop_text = stop_text_;
    answer.usage = counted_.whole();
    return answer;
  }

  std::optional<token_usage> usage() const override {
    return counted_.has_input ? std::optional{counted_.usage} : std::nullopt;
  }

private:
  void count(const json& from) {
    if (auto* usage = part_at(from, "usage"))
      counted_.take(*usage);
  }

  caf::error grow(size_t bytes) {
    size_ += bytes;
    if (size_ > max_answer_bytes)
      return garbled("it has more than 1 MiB");
    return caf::none;
  }

  void take_reason(const json& delta) {
    if (auto reason = text_at(delta, "stop_reason"); !reason.empty())
      reason_ = reason.substr(0, 64);
    if (auto text = text_at(delta, "stop_sequence"); !text.empty())
      stop_text_ = text.substr(0, 1'024);
  }

  caf::expected<answer_deltas> begin_block(const json& data) {
    auto index = count_at(data, "index").value_or(0);
    if (index >= max_answer_parts)
      return garbled("it has more than 128 blocks");
    auto* content = part_at(data, "content_block");
    if (content == nullptr)
      return garbled("a block has no content");
    auto& begun = blocks_[index] = read_block(*content);
    if (auto err = grow(begun.size()))
      return err;
    answer_deltas out;
    if (begun.type == "tool_use" && !is_answer(begun, asked_)) {
      begun.call = calls_++;
      begun.id = ids_.take(begun.id);
      out.push_back(
        {answer_delta::kind_type::tool, {}, begun.call, begun.id, begun.name});
    } else if (begun.type == "redacted_thinking") {
      out.push_back({answer_delta::kind_type::redacted, begun.text});
    } else if (!begun.text.empty()) {
      out.push_back({delta_kind(begun), begun.text, begun.call});
    }
    return out;
  }

  caf::expected<answer_deltas> add_to_block(const json& data) {
    auto i = blocks_.find(count_at(data, "index").value_or(0));
    auto* delta = part_at(data, "delta");
    if (i == blocks_.end() || delta == nullptr)
      return garbled("a piece belongs to no block");
    auto& to = i->second;
    auto part = text_at(*delta, "text") + text_at(*delta, "partial_json")
              + text_at(*delta, "thinking");
    auto signature = text_at(*delta, "signature");
    if (auto err = grow(part.size() + signature.size()))
      return err;
    to.text += part;
    to.signature += signature;
    answer_deltas out;
    if (!part.empty())
      out.push_back({delta_kind(to), std::move(part), to.call});
    if (!signature.empty())
      out.push_back({answer_delta::kind_type::signature, std::move(signature)});
    return out;
  }

  answer_delta::kind_type delta_kind(const block& x) const {
    if (x.type == "thinking")
      return answer_delta::kind_type::thought;
    if (x.type == "tool_use" && !is_answer(x, asked_))
      return answer_delta::kind_type::arguments;
    return answer_delta::kind_type::text;
  }

  const chat_request asked_;
  const std::string asked_model_;
  std::map<uint64_t, block> blocks_;
  call_ids ids_;
  uint32_t calls_ = 0;
  counter counted_;
  std::string model_;
  std::string reason_;
  std::string stop_text_;
  size_t size_ = 0;
  bool complete_ = false;
};

} // namespace

std::unique_ptr<answer_reader> anthropic_answer(const chat_request& asked,
                                                const call_options& options) {
  return std::make_unique<anthropic_reader>(asked, options.model);
}

caf::expected<chat_response>
read_anthropic_answer(std::string_view body, const chat_request& asked,
                      const call_options& options) {
  auto document = parse_bounded(body);
  if (text_at(document, "type") == "error")
    return stream_fault(read_fault(body));
  auto* content = part_at(document, "content");
  if (content == nullptr || !content->is_array())
    return garbled("it has no content");
  std::map<uint64_t, block> blocks;
  size_t size = 0;
  for (auto& x : *content) {
    auto& made = blocks[blocks.size()] = read_block(x);
    if (auto* input = part_at(x, "input"))
      made.text = input->dump();
    size += made.size();
  }
  if (size > max_answer_bytes || blocks.size() > max_answer_parts)
    return garbled("it has more than 1 MiB, or more than 128 blocks");
  auto answer = assemble(std::move(blocks), text_at(document, "stop_reason"),
                         asked, options.model);
  answer.model = text_at(document, "model").substr(0, 256);
  counter counted;
  if (auto* usage = part_at(document, "usage")) {
    counted.take(*usage);
    counted.has_output = count_at(*usage, "output_tokens").has_value();
  }
  answer.usage = counted.whole();
  return answer;
}

} // namespace machine::models
