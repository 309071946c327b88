#include "actors/models/answers.hpp"
#include "actors/models/provider_json.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace machine::models {

namespace {

using nlohmann::json;

/// None if the server did not count both sides, or only says zero.
std::optional<token_usage> read_usage(const json& from) {
  auto* usage = part_at(from, "usage");
  if (usage == nullptr)
    return std::nullopt;
  auto prompt = count_at(*usage, "prompt_tokens");
  auto answer = count_at(*usage, "completion_tokens");
  if (!prompt || !answer || *prompt + *answer == 0)
    return std::nullopt;
  token_usage result;
  auto rest = *prompt;
  // DeepSeek's and Moonshot's own words.
  for (auto* key : {"prompt_cache_hit_tokens", "cached_tokens"})
    if (result.cached == 0)
      result.cached = take_part(rest, count_at(*usage, key));
  if (auto* details = part_at(*usage, "prompt_tokens_details")) {
    rest += std::exchange(result.cached, 0);
    result.cached = take_part(rest, count_at(*details, "cached_tokens"));
    result.cache_write =
      take_part(rest, count_at(*details, "cache_write_tokens"));
    result.audio = take_part(rest, count_at(*details, "audio_tokens"));
    result.image = take_part(rest, count_at(*details, "image_tokens"));
  }
  result.input = rest;
  // Some servers leave the tokens of thinking out of the completion's.
  auto total = count_at(*usage, "total_tokens").value_or(0);
  auto written = std::max(*answer, total > *prompt ? total - *prompt : 0);
  if (auto* details = part_at(*usage, "completion_tokens_details")) {
    result.audio_output =
      take_part(written, count_at(*details, "audio_tokens"));
    result.reasoning =
      std::min(count_at(*details, "reasoning_tokens").value_or(0), written);
  }
  result.output = written;
  return result;
}

/// The error that *from* tells; none if it tells none.
caf::error openai_error(const json& from, std::string_view text) {
  auto error = from.find("error");
  if (error == from.end() || error->is_null())
    return caf::none;
  return stream_fault(read_fault(text));
}

stop_reason openai_stop(const std::string& text, bool has_calls) {
  if (text == "length" || text == "max_tokens")
    return stop_reason::length;
  if (text == "content_filter")
    return stop_reason::refused;
  return has_calls ? stop_reason::tool_use : stop_reason::finished;
}

/// The provider gave up in the middle: OpenRouter and Mistral, DeepSeek.
bool is_failure(const std::string& reason) {
  return reason == "error" || reason == "insufficient_system_resource";
}

/// What a server lets be seen of the thoughts in *from*, a message or a piece
/// of one. Servers differ in what they call it.
struct openai_thought {
  std::string text;
  const char* member = nullptr;
};

openai_thought thought_in(const json& from) {
  // Mistral's content is a list where there are thoughts; those are not wanted
  // back.
  if (auto* parts = part_at(from, "content"); parts && parts->is_array()) {
    openai_thought x;
    for (auto& part : *parts)
      if (auto* thought = part_at(part, "thinking");
          thought != nullptr && thought->is_array())
        for (auto& piece : *thought)
          x.text += text_at(piece, "text");
    return x;
  }
  for (auto* member : {"reasoning_content", "reasoning"})
    if (auto text = text_at(from, member); !text.empty())
      return {std::move(text), member};
  return {};
}

/// The text of *from*, whether it is one or a list of parts.
std::string content_in(const json& from) {
  auto* parts = part_at(from, "content");
  if (parts == nullptr || !parts->is_array())
    return text_at(from, "content");
  std::string text;
  for (auto& part : *parts)
    text += text_at(part, "text");
  return text;
}

/// The seal that Google's compatible server puts on a call.
std::string signature_in(const json& call) {
  auto* extra = part_at(call, "extra_content");
  auto* google = extra != nullptr ? part_at(*extra, "google") : nullptr;
  return google != nullptr ? text_at(*google, "thought_signature") : "";
}

/// The message as its server wants it back: some refuse what follows the calls
/// of a model that thinks, or answer worse, if its thoughts are missing.
std::optional<json_text>
keep_message(const chat_message& x, const openai_thought& thought,
             const std::vector<std::string>& signatures,
             const std::string& model) {
  auto is_signed = std::any_of(signatures.begin(), signatures.end(),
                               [](auto& text) { return !text.empty(); });
  auto thinks = !thought.text.empty() && thought.member != nullptr;
  if (x.tool_calls.empty() || (!thinks && !is_signed))
    return std::nullopt;
  json message{{"role", "assistant"}, {"content", x.content}};
  if (x.content.empty())
    message["content"] = nullptr;
  if (thinks)
    message[thought.member] = thought.text;
  for (size_t i = 0; i < x.tool_calls.size(); ++i) {
    auto& call = x.tool_calls[i];
    auto is_object = parse_bounded(call.arguments.text).is_object();
    json out{{"id", call.id},
             {"type", "function"},
             {"function",
              {{"name", call.name},
               {"arguments", is_object ? call.arguments.text : "{}"}}}};
    if (!signatures[i].empty())
      out["extra_content"]["google"]["thought_signature"] = signatures[i];
    message["tool_calls"].push_back(std::move(out));
  }
  return keep_blocks(protocol_kind::openai, model, "message",
                     std::move(message));
}

/// As text, though some servers send the object itself.
std::string arguments_at(const json& function) {
  auto* object = part_at(function, "arguments");
  return object != nullptr ? object->dump() : text_at(function, "arguments");
}

/// Sees when the text of an object is complete, in whatever pieces it comes.
class object_progress {
public:
  void feed(std::string_view text) {
    for (auto c : text) {
      if (in_string_) {
        in_string_ = escaped_ || c != '"';
        escaped_ = !escaped_ && c == '\\';
      } else if (c == '"') {
        in_string_ = true;
      } else if (c == '{' || c == '[') {
        ++depth_;
      } else if (c == '}' || c == ']') {
        complete_ = --depth_ == 0;
      }
    }
  }

  bool complete() const {
    return complete_;
  }

private:
  int64_t depth_ = 0;
  bool in_string_ = false;
  bool escaped_ = false;
  bool complete_ = false;
};

struct partial_call {
  /// Empty until the call has been told of.
  std::string public_id;
  std::string id;
  std::string name;
  std::string arguments;
  std::string signature;
  object_progress progress;
};

class openai_reader final : public answer_reader {
public:
  openai_reader(const chat_request& asked, std::string model)
      : ids_(asked), asked_model_(std::move(model)) {}

  caf::expected<answer_deltas> take(const net::sse_event& event) override {
    if (event.data == "[DONE]") {
      complete_ = true;
      return answer_deltas{};
    }
    auto chunk = parse_bounded(event.data);
    if (!chunk.is_object())
      return garbled("an event is no JSON object, or too large a one");
    if (auto err = openai_error(chunk, event.data))
      return err;
    if (auto usage = read_usage(chunk))
      usage_ = usage;
    if (auto model = text_at(chunk, "model"); !model.empty())
      answer_.model = model.substr(0, 256);
    auto* choices = part_at(chunk, "choices");
    if (choices == nullptr || !choices->is_array() || choices->empty())
      return answer_deltas{};
    return take_choice(choices->front());
  }

  bool complete() const override {
    return complete_;
  }

  bool may_end() const override {
    return complete_ || !reason_.empty();
  }

  caf::expected<chat_response> response() override {
    auto answer = answer_;
    answer.message.role = chat_role::assistant;
    std::vector<std::string> signatures;
    for (auto& call : calls_) {
      answer.message.tool_calls.push_back(
        {call.public_id.empty() ? ids_.take(call.id) : call.public_id,
         call.name, arguments_of(call.arguments)});
      signatures.push_back(call.signature);
    }
    answer.message.provider_blocks =
      keep_message(answer.message, thought_, signatures, asked_model_);
    answer.stop =
      refused_ ? stop_reason::refused : openai_stop(reason_, !calls_.empty());
    answer.usage = usage_;
    return answer;
  }

  std::optional<token_usage> usage() const override {
    return usage_;
  }

private:
  caf::expected<answer_deltas> take_choice(const json& choice) {
    if (!choice.is_object())
      return garbled("a choice is no object");
    if (auto reason = text_at(choice, "finish_reason"); !reason.empty())
      reason_ = reason.substr(0, 64);
    if (is_failure(reason_))
      return make_error(ec::provider_failed,
                        "the provider gave up in the middle of its answer ("
                          + reason_ + ")");
    auto* delta = part_at(choice, "delta");
    answer_deltas out;
    if (delta == nullptr)
      return out;
    auto thought = thought_in(*delta);
    auto text = content_in(*delta);
    auto refusal = text_at(*delta, "refusal");
    refused_ = refused_ || !refusal.empty();
    text += refusal;
    if (auto err = size_.add(text.size() + thought.text.size()))
      return err;
    answer_.message.content += text;
    if (!thought.text.empty()) {
      if (thought.member != nullptr)
        thought_.member = thought.member;
      thought_.text += thought.text;
      out.push_back(
        {answer_delta::kind_type::thought, std::move(thought.text)});
    }
    if (!text.empty())
      out.push_back({answer_delta::kind_type::text, std::move(text)});
    if (auto* calls = part_at(*delta, "tool_calls"))
      for (auto& call : *calls)
        if (auto err = take_call(call, out))
          return err;
    return out;
  }

  caf::error take_call(const json& from, answer_deltas& out) {
    if (!from.is_object())
      return garbled("a tool call is no object");
    auto id = text_at(from, "id");
    std::string name;
    std::string arguments;
    if (auto* function = part_at(from, "function")) {
      name = text_at(*function, "name");
      arguments = arguments_at(*function);
    }
    auto signature = signature_in(from);
    if (auto err = size_.add(id.size() + name.size() + arguments.size()
                             + signature.size()))
      return err;
    auto* call = find_call(count_at(from, "index"), id, name, arguments);
    if (call == nullptr)
      return garbled("it has more than 128 tool calls");
    if (call->id.empty())
      call->id = id;
    if (call->name.empty())
      call->name = name;
    call->arguments += arguments;
    call->signature += signature;
    call->progress.feed(arguments);
    tell(*call, std::move(arguments), out);
    return caf::none;
  }

  /// A call is told of once its name is known.
  void tell(partial_call& call, std::string arguments, answer_deltas& out) {
    auto place = static_cast<uint32_t>(&call - calls_.data());
    if (call.public_id.empty()) {
      if (call.name.empty())
        return;
      call.public_id = ids_.take(call.id);
      out.push_back(
        {answer_delta::kind_type::tool, {}, place, call.public_id, call.name});
      arguments = call.arguments;
    }
    if (!arguments.empty())
      out.push_back(
        {answer_delta::kind_type::arguments, std::move(arguments), place});
  }

  /// The call that a piece belongs to. Servers differ: some number their calls,
  /// some say 0 for all of them (Ollama), some say no number.
  partial_call* find_call(std::optional<uint64_t> index, const std::string& id,
                          const std::string& name,
                          const std::string& arguments) {
    auto at = calls_.size();
    if (!index && !calls_.empty())
      at = calls_.size() - 1;
    if (index)
      if (auto i = places_.find(*index); i != places_.end())
        at = i->second;
    if (at < calls_.size() && !begins_another(calls_[at], id, name, arguments))
      return &calls_[at];
    if (calls_.size() >= max_answer_parts)
      return nullptr;
    if (index)
      places_[*index] = calls_.size();
    return &calls_.emplace_back();
  }

  static bool begins_another(const partial_call& call, const std::string& id,
                             const std::string& name,
                             const std::string& arguments) {
    if (!id.empty() && !call.id.empty())
      return id != call.id;
    auto repeats = name == call.name && arguments.empty();
    return !name.empty() && !repeats && call.progress.complete();
  }

  call_ids ids_;
  chat_response answer_;
  std::vector<partial_call> calls_;
  /// Where in `calls_` the call of an index is.
  std::map<uint64_t, size_t> places_;
  const std::string asked_model_;
  openai_thought thought_;
  std::optional<token_usage> usage_;
  std::string reason_;
  answer_size size_;
  bool refused_ = false;
  bool complete_ = false;
};

} // namespace

std::unique_ptr<answer_reader> openai_answer(const chat_request& asked,
                                             const call_options& options) {
  return std::make_unique<openai_reader>(asked, options.model);
}

caf::expected<chat_response> read_openai_answer(std::string_view body,
                                                const chat_request& asked,
                                                const call_options& options) {
  auto document = parse_bounded(body);
  if (!document.is_object())
    return garbled("it is no JSON object, or too large a one");
  if (auto err = openai_error(document, body))
    return err;
  auto* choices = part_at(document, "choices");
  if (choices == nullptr || !choices->is_array() || choices->empty())
    return garbled("it has no choices");
  auto& choice = choices->front();
  auto* message = part_at(choice, "message");
  if (message == nullptr || !message->is_object())
    return garbled("it has no message");
  chat_response answer;
  answer.message.role = chat_role::assistant;
  auto refusal = text_at(*message, "refusal");
  answer.message.content = content_in(*message) + refusal;
  auto size = answer.message.content.size();
  call_ids ids{asked};
  std::vector<std::string> signatures;
  if (auto* calls = part_at(*message, "tool_calls"))
    for (auto& call : *calls) {
      auto* function = part_at(call, "function");
      if (function == nullptr)
        continue;
      auto& made = answer.message.tool_calls.emplace_back(
        tool_call{ids.take(text_at(call, "id")), text_at(*function, "name"),
                  arguments_of(arguments_at(*function))});
      signatures.push_back(signature_in(call));
      size += made.id.size() + made.name.size() + made.arguments.text.size()
            + signatures.back().size();
    }
  auto thought = thought_in(*message);
  size += thought.text.size();
  if (size > max_answer_bytes
      || answer.message.tool_calls.size() > max_answer_parts)
    return garbled("it has more than 1 MiB, or more than 128 tool calls");
  answer.message.provider_blocks =
    keep_message(answer.message, thought, signatures, options.model);
  auto reason = text_at(choice, "finish_reason");
  if (is_failure(reason))
    return make_error(ec::provider_failed,
                      "the provider gave up (" + reason + ")");
  answer.stop = refusal.empty()
                ? openai_stop(reason, !answer.message.tool_calls.empty())
                : stop_reason::refused;
  answer.model = text_at(document, "model").substr(0, 256);
  answer.usage = read_usage(document);
  return answer;
}

} // namespace machine::models
