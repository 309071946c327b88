#include "actors/models/answers.hpp"
#include "actors/models/provider_json.hpp"

#include <algorithm>
#include <map>

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
  // Parts of a whole never exceed it, whatever a server says.
  auto rest = *prompt;
  auto take = [](uint64_t& from, std::optional<uint64_t> count) {
    auto part = std::min(count.value_or(0), from);
    from -= part;
    return part;
  };
  if (auto* details = part_at(*usage, "prompt_tokens_details")) {
    result.cached = take(rest, count_at(*details, "cached_tokens"));
    result.cache_write = take(rest, count_at(*details, "cache_write_tokens"));
    result.audio = take(rest, count_at(*details, "audio_tokens"));
    result.image = take(rest, count_at(*details, "image_tokens"));
  }
  result.input = rest;
  // Some servers leave the tokens of thinking out of the completion's.
  auto total = count_at(*usage, "total_tokens").value_or(0);
  auto written = std::max(*answer, total > *prompt ? total - *prompt : 0);
  if (auto* details = part_at(*usage, "completion_tokens_details")) {
    result.audio_output = take(written, count_at(*details, "audio_tokens"));
    result.reasoning =
      std::min(count_at(*details, "reasoning_tokens").value_or(0), written);
  }
  result.output = written;
  return result;
}

caf::error stream_error(const json& error, std::string_view text) {
  auto kind = text_at(error, "type") + " " + text_at(error, "code");
  auto has = [&](const char* part) { return kind.find(part) != kind.npos; };
  auto code = has("rate_limit")      ? ec::provider_rate_limited
            : has("invalid_request") ? ec::provider_rejected
            : has("authentication")  ? ec::provider_auth
                                     : ec::provider_failed;
  return make_error(code,
                    "the provider failed in its answer: " + error_detail(text));
}

/// The error that *from* tells; none if it tells none.
caf::error openai_error(const json& from, std::string_view text) {
  auto error = from.find("error");
  if (error == from.end() || error->is_null())
    return caf::none;
  return stream_error(*error, text);
}

stop_reason openai_stop(const std::string& text, bool has_calls) {
  if (text == "length" || text == "max_tokens")
    return stop_reason::length;
  if (text == "content_filter")
    return stop_reason::refused;
  return has_calls ? stop_reason::tool_use : stop_reason::finished;
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
  object_progress progress;
};

class openai_reader final : public answer_reader {
public:
  explicit openai_reader(const chat_request& asked) : ids_(asked) {}

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
    answer_.message.role = chat_role::assistant;
    for (auto& call : calls_)
      answer_.message.tool_calls.push_back(
        {call.public_id.empty() ? ids_.take(call.id) : call.public_id,
         call.name, arguments_of(call.arguments)});
    answer_.stop =
      refused_ ? stop_reason::refused : openai_stop(reason_, !calls_.empty());
    answer_.usage = usage_;
    return answer_;
  }

  std::optional<token_usage> usage() const override {
    return usage_;
  }

private:
  caf::error grow(size_t bytes) {
    size_ += bytes;
    if (size_ > max_answer_bytes)
      return garbled("it has more than 1 MiB");
    return caf::none;
  }

  caf::expected<answer_deltas> take_choice(const json& choice) {
    if (!choice.is_object())
      return garbled("a choice is no object");
    if (auto reason = text_at(choice, "finish_reason"); !reason.empty())
      reason_ = reason.substr(0, 64);
    auto* delta = part_at(choice, "delta");
    answer_deltas out;
    if (delta == nullptr)
      return out;
    // Servers differ in what they call thoughts.
    auto thought = text_at(*delta, "reasoning_content");
    if (thought.empty())
      thought = text_at(*delta, "reasoning");
    auto text = text_at(*delta, "content");
    auto refusal = text_at(*delta, "refusal");
    refused_ = refused_ || !refusal.empty();
    text += refusal;
    if (auto err = grow(text.size() + thought.size()))
      return err;
    answer_.message.content += text;
    if (!thought.empty())
      out.push_back({answer_delta::kind_type::thought, std::move(thought)});
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
    if (auto err = grow(id.size() + name.size() + arguments.size()))
      return err;
    auto* call = find_call(count_at(from, "index"), id, name, arguments);
    if (call == nullptr)
      return garbled("it has more than 128 tool calls");
    if (call->id.empty())
      call->id = id;
    if (call->name.empty())
      call->name = name;
    call->arguments += arguments;
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
  std::optional<token_usage> usage_;
  std::string reason_;
  size_t size_ = 0;
  bool refused_ = false;
  bool complete_ = false;
};

} // namespace

std::unique_ptr<answer_reader> openai_answer(const chat_request& asked) {
  return std::make_unique<openai_reader>(asked);
}

caf::expected<chat_response> read_openai_answer(std::string_view body,
                                                const chat_request& asked) {
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
  answer.message.content = text_at(*message, "content") + refusal;
  auto size = answer.message.content.size();
  call_ids ids{asked};
  if (auto* calls = part_at(*message, "tool_calls"))
    for (auto& call : *calls) {
      auto* function = part_at(call, "function");
      if (function == nullptr)
        continue;
      auto& made = answer.message.tool_calls.emplace_back(
        tool_call{ids.take(text_at(call, "id")), text_at(*function, "name"),
                  arguments_of(arguments_at(*function))});
      size += made.id.size() + made.name.size() + made.arguments.text.size();
    }
  if (size > max_answer_bytes
      || answer.message.tool_calls.size() > max_answer_parts)
    return garbled("it has more than 1 MiB, or more than 128 tool calls");
  answer.stop = refusal.empty()
                ? openai_stop(text_at(choice, "finish_reason"),
                              !answer.message.tool_calls.empty())
                : stop_reason::refused;
  answer.model = text_at(document, "model").substr(0, 256);
  answer.usage = read_usage(document);
  return answer;
}

} // namespace machine::models
