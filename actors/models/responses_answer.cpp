#include "actors/models/answers.hpp"
#include "actors/models/provider_json.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace machine::models {

namespace {

using nlohmann::json;

std::optional<token_usage> responses_usage(const json& from) {
  auto* usage = part_at(from, "usage");
  if (usage == nullptr)
    return std::nullopt;
  auto prompt = count_at(*usage, "input_tokens");
  auto answer = count_at(*usage, "output_tokens");
  if (!prompt || !answer || *prompt + *answer == 0)
    return std::nullopt;
  token_usage result;
  auto rest = *prompt;
  if (auto* details = part_at(*usage, "input_tokens_details")) {
    result.cached = take_part(rest, count_at(*details, "cached_tokens"));
    result.cache_write =
      take_part(rest, count_at(*details, "cache_write_tokens"));
    result.audio = take_part(rest, count_at(*details, "audio_tokens"));
    result.image = take_part(rest, count_at(*details, "image_tokens"));
  }
  result.input = rest;
  result.output = *answer;
  if (auto* details = part_at(*usage, "output_tokens_details"))
    result.reasoning =
      std::min(count_at(*details, "reasoning_tokens").value_or(0), *answer);
  return result;
}

/// One item of the output, while it comes.
struct output_item {
  std::string kind;
  std::string id;
  /// Of a message, or the arguments of a call.
  std::string text;
  std::string name;
  std::string call_id;
  /// What the provider says that a message is for; it wants that back, too.
  std::string phase;
  /// What can be seen of a thought, and what only the provider can read.
  std::string summary;
  std::string seal;
  /// Of a call: its place among them.
  uint32_t call = 0;
  bool told = false;
};

/// The texts of the list at *key* whose members have theirs at *member*.
std::string joined(const json& from, const char* key, const char* member) {
  std::string result;
  if (auto* list = part_at(from, key); list != nullptr && list->is_array())
    for (auto& x : *list)
      result += text_at(x, member);
  return result;
}

/// The items as they must stand in the next request. Made anew: what a server
/// adds may be nested without end.
json item_to_json(const output_item& x) {
  if (x.kind == "reasoning") {
    json out{{"type", x.kind},
             {"id", x.id},
             {"summary", json::array()},
             {"encrypted_content", x.seal}};
    if (!x.summary.empty())
      out["summary"].push_back({{"type", "summary_text"}, {"text", x.summary}});
    return out;
  }
  if (x.kind == "function_call") {
    auto is_object = parse_bounded(x.text).is_object();
    return {{"type", x.kind},
            {"id", x.id},
            {"call_id", x.call_id},
            {"name", x.name},
            {"arguments", is_object ? x.text : "{}"}};
  }
  json out{{"type", "message"},
           {"id", x.id},
           {"role", "assistant"},
           {"status", "completed"},
           {"content",
            {{{"type", "output_text"},
              {"text", x.text},
              {"annotations", json::array()}}}}};
  if (!x.phase.empty())
    out["phase"] = x.phase;
  return out;
}

class responses_reader final : public answer_reader {
public:
  responses_reader(const chat_request& asked, std::string model)
      : ids_(asked), asked_model_(std::move(model)) {}

  caf::expected<answer_deltas> take(const net::sse_event& event) override {
    if (event.data == "[DONE]")
      return answer_deltas{};
    auto data = parse_bounded(event.data);
    if (!data.is_object())
      return garbled("an event is no JSON object, or too large a one");
    auto type = text_at(data, "type");
    if (type == "error" || type == "response.failed"
        || (type.empty() && part_at(data, "error") != nullptr))
      return stream_fault(read_fault(event.data));
    if (auto* response = part_at(data, "response"))
      take_response(type, *response);
    if (type == "response.output_item.added")
      return begin_item(data);
    if (type == "response.output_item.done")
      return end_item(data);
    if (type == "response.function_call_arguments.done")
      return complete_arguments(data);
    if (type.ends_with(".delta"))
      return add_to_item(type, data);
    return answer_deltas{};
  }

  /// A whole answer, as the API sends it where no stream was asked for.
  caf::expected<answer_deltas> take_whole(const json& response,
                                          std::string_view body) {
    if (text_at(response, "status") == "failed"
        || part_at(response, "error") != nullptr)
      return stream_fault(read_fault(body));
    auto* output = part_at(response, "output");
    if (output == nullptr || !output->is_array())
      return garbled("it has no output");
    answer_deltas out;
    uint64_t index = 0;
    for (auto& item : *output) {
      auto piece = end_item({{"output_index", index++}, {"item", item}});
      if (!piece)
        return piece;
      out.insert(out.end(), piece->begin(), piece->end());
    }
    take_response("response." + text_at(response, "status"), response);
    return out;
  }

  bool complete() const override {
    return complete_;
  }

  bool may_end() const override {
    return complete_;
  }

  caf::expected<chat_response> response() override {
    chat_response answer;
    answer.message.role = chat_role::assistant;
    auto keeps = false;
    auto items = json::array();
    for (auto& [index, x] : items_) {
      if (x.kind == "message")
        answer.message.content += x.text;
      if (x.kind == "function_call")
        answer.message.tool_calls.push_back(
          {x.call_id, x.name, arguments_of(x.text)});
      keeps = keeps || !x.seal.empty() || !x.phase.empty();
      if (x.kind != "reasoning" || !x.seal.empty())
        items.push_back(item_to_json(x));
    }
    if (keeps)
      answer.message.provider_blocks = keep_blocks(
        protocol_kind::openai_responses, asked_model_, "items", items);
    answer.stop = refused_                          ? stop_reason::refused
                : cut_                              ? stop_reason::length
                : answer.message.tool_calls.empty() ? stop_reason::finished
                                                    : stop_reason::tool_use;
    answer.model = model_;
    answer.usage = usage_;
    return answer;
  }

  std::optional<token_usage> usage() const override {
    return usage_;
  }

private:
  void take_response(const std::string& type, const json& from) {
    if (auto model = text_at(from, "model"); !model.empty())
      model_ = model.substr(0, 256);
    if (auto usage = responses_usage(from))
      usage_ = usage;
    if (auto* details = part_at(from, "incomplete_details")) {
      auto reason = text_at(*details, "reason");
      refused_ = refused_ || reason == "content_filter";
      cut_ = cut_ || reason == "max_output_tokens";
    }
    complete_ = complete_ || type == "response.completed"
             || type == "response.incomplete";
  }

  /// The item that an event belongs to; null if there are too many.
  output_item* item_at(const json& event) {
    auto index = count_at(event, "output_index").value_or(0);
    if (!items_.contains(index) && items_.size() >= max_answer_parts)
      return nullptr;
    return &items_[index];
  }

  caf::expected<answer_deltas> begin_item(const json& event) {
    auto* item = part_at(event, "item");
    auto* to = item_at(event);
    if (item == nullptr || to == nullptr)
      return garbled("it has more than 128 items, or one without content");
    to->kind = text_at(*item, "type");
    to->id = text_at(*item, "id");
    to->name = text_at(*item, "name");
    to->phase = text_at(*item, "phase");
    if (auto err =
          size_.add(to->id.size() + to->name.size() + to->phase.size()))
      return err;
    answer_deltas out;
    tell_call(*to, text_at(*item, "call_id"), out);
    return out;
  }

  void tell_call(output_item& x, std::string call_id, answer_deltas& out) {
    if (x.kind != "function_call" || x.told)
      return;
    x.told = true;
    x.call_id = ids_.take(std::move(call_id));
    x.call = calls_++;
    out.push_back(
      {answer_delta::kind_type::tool, {}, x.call, x.call_id, x.name});
    // Its arguments may have come first.
    if (!x.text.empty())
      out.push_back({answer_delta::kind_type::arguments, x.text, x.call});
  }

  caf::expected<answer_deltas> add_to_item(const std::string& type,
                                           const json& event) {
    auto text = text_at(event, "delta");
    auto* to = item_at(event);
    if (to == nullptr)
      return garbled("it has more than 128 items");
    if (auto err = size_.add(text.size()))
      return err;
    answer_deltas out;
    if (text.empty())
      return out;
    if (type == "response.output_text.delta"
        || type == "response.refusal.delta") {
      refused_ = refused_ || type == "response.refusal.delta";
      if (to->kind.empty())
        to->kind = "message";
      to->text += text;
      out.push_back({answer_delta::kind_type::text, std::move(text)});
    } else if (type == "response.function_call_arguments.delta") {
      to->text += text;
      if (to->told)
        out.push_back(
          {answer_delta::kind_type::arguments, std::move(text), to->call});
    } else if (type == "response.reasoning_summary_text.delta"
               || type == "response.reasoning_text.delta") {
      to->summary += text;
      out.push_back({answer_delta::kind_type::thought, std::move(text)});
    }
    return out;
  }

  /// For servers that tell the arguments only as a whole.
  caf::expected<answer_deltas> complete_arguments(const json& event) {
    auto* to = item_at(event);
    if (to == nullptr)
      return garbled("it has more than 128 items");
    return complete_text(*to, text_at(event, "arguments"));
  }

  caf::expected<answer_deltas> complete_text(output_item& to,
                                             std::string text) {
    answer_deltas out;
    if (!to.text.empty() || text.empty())
      return out;
    if (auto err = size_.add(text.size()))
      return err;
    to.text = text;
    auto kind = to.kind == "function_call" ? answer_delta::kind_type::arguments
                                           : answer_delta::kind_type::text;
    if (kind == answer_delta::kind_type::text || to.told)
      out.push_back({kind, std::move(text), to.call});
    return out;
  }

  caf::expected<answer_deltas> end_item(const json& event) {
    auto* item = part_at(event, "item");
    auto* to = item_at(event);
    if (item == nullptr || to == nullptr)
      return garbled("it has more than 128 items, or one without content");
    answer_deltas out;
    if (to->kind.empty()) {
      auto begun = begin_item(event);
      if (!begun)
        return begun;
      out = std::move(*begun);
    }
    if (to->kind == "reasoning")
      return end_thought(*to, *item, std::move(out));
    if (auto phase = text_at(*item, "phase"); to->phase.empty())
      to->phase = phase.substr(0, 64);
    auto refusal = joined(*item, "content", "refusal");
    refused_ = refused_ || !refusal.empty();
    auto text = to->kind == "function_call"
                ? text_at(*item, "arguments")
                : joined(*item, "content", "text") + refusal;
    auto piece = complete_text(*to, std::move(text));
    if (!piece)
      return piece;
    out.insert(out.end(), piece->begin(), piece->end());
    return out;
  }

  caf::expected<answer_deltas> end_thought(output_item& to, const json& item,
                                           answer_deltas out) {
    auto summary =
      to.summary.empty() ? joined(item, "summary", "text") : std::string{};
    to.seal = text_at(item, "encrypted_content");
    if (auto err = size_.add(summary.size() + to.seal.size()))
      return err;
    if (!summary.empty()) {
      to.summary = summary;
      out.push_back({answer_delta::kind_type::thought, std::move(summary)});
    }
    if (!to.seal.empty())
      out.push_back({to.summary.empty() ? answer_delta::kind_type::redacted
                                        : answer_delta::kind_type::signature,
                     to.seal});
    return out;
  }

  call_ids ids_;
  const std::string asked_model_;
  /// By their place in the output.
  std::map<uint64_t, output_item> items_;
  uint32_t calls_ = 0;
  std::string model_;
  std::optional<token_usage> usage_;
  answer_size size_;
  bool refused_ = false;
  bool cut_ = false;
  bool complete_ = false;
};

} // namespace

std::unique_ptr<answer_reader> responses_answer(const chat_request& asked,
                                                const call_options& options) {
  return std::make_unique<responses_reader>(asked, options.model);
}

caf::expected<chat_response>
read_responses_answer(std::string_view body, const chat_request& asked,
                      const call_options& options) {
  auto document = parse_bounded(body);
  if (!document.is_object())
    return garbled("it is no JSON object, or too large a one");
  responses_reader reader{asked, options.model};
  auto taken = reader.take_whole(document, body);
  if (!taken)
    return std::move(taken.error());
  return reader.response();
}

} // namespace machine::models
