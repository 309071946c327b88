#include "actors/models/answers.hpp"
#include "actors/models/provider_json.hpp"

#include <algorithm>
#include <iterator>
#include <vector>

namespace machine::models {

namespace {

using nlohmann::json;

/// How many tokens of *kind* the list at *key* counts.
uint64_t count_of(const json& usage, const char* key, std::string_view kind) {
  uint64_t sum = 0;
  if (auto* list = part_at(usage, key); list != nullptr && list->is_array())
    for (auto& x : *list)
      if (text_at(x, "modality") == kind)
        sum = sum_of_tokens({sum, count_at(x, "tokenCount").value_or(0)});
  return sum;
}

/// Tokens of *kind* in the prompt that did not come out of the cache.
uint64_t fresh_of(const json& usage, std::string_view kind) {
  auto all = count_of(usage, "promptTokensDetails", kind);
  return all - std::min(all, count_of(usage, "cacheTokensDetails", kind));
}

/// None until the answer has been counted to its end.
std::optional<token_usage> gemini_usage(const json& from) {
  auto* usage = part_at(from, "usageMetadata");
  if (usage == nullptr)
    return std::nullopt;
  auto prompt = count_at(*usage, "promptTokenCount");
  auto total = count_at(*usage, "totalTokenCount");
  auto answer = count_at(*usage, "candidatesTokenCount");
  if (!prompt || (!total && !answer))
    return std::nullopt;
  auto thoughts = count_at(*usage, "thoughtsTokenCount").value_or(0);
  auto tools = count_at(*usage, "toolUsePromptTokenCount").value_or(0);
  token_usage x;
  auto rest = *prompt;
  x.cached = take_part(rest, count_at(*usage, "cachedContentTokenCount"));
  x.audio = take_part(rest, fresh_of(*usage, "AUDIO"));
  x.image = take_part(rest, fresh_of(*usage, "IMAGE"));
  x.input = rest + tools;
  auto asked = *prompt + tools;
  auto written = std::max(answer.value_or(0) + thoughts,
                          total.value_or(0) > asked ? *total - asked : 0);
  x.reasoning = std::min(thoughts, written);
  x.audio_output =
    take_part(written, count_of(*usage, "candidatesTokensDetails", "AUDIO"));
  x.output = written;
  if (prompt_tokens(x) + answer_tokens(x) == 0)
    return std::nullopt;
  return x;
}

bool is_one_of(const std::string& x,
               std::initializer_list<std::string_view> all) {
  return std::find(all.begin(), all.end(), x) != all.end();
}

/// A part of the answer that has to come back with its signature.
struct gemini_part {
  std::string text;
  std::string signature;
  /// Of a call, its place among them; otherwise none.
  std::optional<size_t> call;
};

struct gemini_call {
  tool_call public_call;
  /// The provider named it.
  bool has_id = false;
};

class gemini_reader final : public answer_reader {
public:
  gemini_reader(const chat_request& asked, std::string model)
      : ids_(asked), asked_model_(std::move(model)) {}

  caf::expected<answer_deltas> take(const net::sse_event& event) override {
    auto data = parse_bounded(event.data);
    if (!data.is_object())
      return garbled("an event is no JSON object, or too large a one");
    return take_chunk(data, event.data);
  }

  caf::expected<answer_deltas> take_chunk(const json& chunk,
                                          std::string_view text) {
    if (part_at(chunk, "error") != nullptr)
      return stream_fault(read_fault(text));
    auto counted = gemini_usage(chunk);
    if (counted)
      usage_ = counted;
    if (auto model = text_at(chunk, "modelVersion"); !model.empty())
      model_ = model.substr(0, 256);
    if (auto* feedback = part_at(chunk, "promptFeedback"))
      if (auto reason = text_at(*feedback, "blockReason"); !reason.empty())
        return make_error(ec::content_refused,
                          "the provider does not answer this prompt for its "
                          "content ("
                            + reason.substr(0, 64) + ")");
    auto out = caf::expected<answer_deltas>{answer_deltas{}};
    auto* all = part_at(chunk, "candidates");
    if (all != nullptr && all->is_array() && !all->empty())
      out = take_candidate(all->front());
    // Counts before the last are not of the whole answer.
    complete_ = complete_ || (counted && !reason_.empty());
    return out;
  }

  /// The API has no event for the end: the last one says why and how many.
  bool complete() const override {
    return complete_;
  }

  bool may_end() const override {
    return !reason_.empty();
  }

  caf::expected<chat_response> response() override {
    chat_response answer;
    answer.message.role = chat_role::assistant;
    for (auto& x : parts_)
      answer.message.content += x.text;
    for (auto& x : calls_)
      answer.message.tool_calls.push_back(x.public_call);
    answer.message.provider_blocks = keep_parts();
    answer.stop = stop();
    answer.model = model_;
    if (complete_)
      answer.usage = usage_;
    return answer;
  }

  std::optional<token_usage> usage() const override {
    return usage_;
  }

private:
  caf::expected<answer_deltas> take_candidate(const json& candidate) {
    answer_deltas out;
    auto* content = part_at(candidate, "content");
    auto* parts = content != nullptr ? part_at(*content, "parts") : nullptr;
    if (parts != nullptr && parts->is_array())
      for (auto& part : *parts)
        if (auto err = take_part_of(part, out))
          return err;
    if (auto reason = text_at(candidate, "finishReason"); !reason.empty())
      reason_ = reason.substr(0, 64);
    if (is_one_of(reason_, {"MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL",
                            "TOO_MANY_TOOL_CALLS", "MALFORMED_RESPONSE"}))
      return garbled("the model wrote a call that is none (" + reason_ + ")");
    auto is_empty = parts_.empty() && out.empty();
    if (is_empty && is_one_of(reason_, {"OTHER", "FINISH_REASON_UNSPECIFIED"}))
      return make_error(ec::provider_failed,
                        "the provider gave up without an answer (" + reason_
                          + ")");
    return out;
  }

  caf::error take_part_of(const json& from, answer_deltas& out) {
    auto signature = text_at(from, "thoughtSignature");
    auto text = text_at(from, "text");
    auto* call = part_at(from, "functionCall");
    auto arguments = call != nullptr ? arguments_in(*call) : std::string{};
    if (auto err = size_.add(text.size() + signature.size() + arguments.size()))
      return err;
    if (parts_.size() >= max_answer_parts)
      return garbled("it has more than 128 parts");
    auto is_thought = from.is_object() && from.value("thought", json()) == true;
    if (is_thought) {
      // A summary for people, which the model does not need again.
      if (!text.empty())
        out.push_back({answer_delta::kind_type::thought, std::move(text)});
      seal(std::move(signature), out);
      return caf::none;
    }
    if (call != nullptr)
      return take_call(*call, std::move(arguments), std::move(signature), out);
    if (text.empty() && signature.empty())
      return caf::none;
    if (!text.empty())
      out.push_back({answer_delta::kind_type::text, text});
    add_text(std::move(text), std::move(signature));
    return caf::none;
  }

  /// Thoughts that were seen, and their provider's seal.
  void seal(std::string signature, answer_deltas& out) {
    if (!signature.empty())
      out.push_back({answer_delta::kind_type::signature, std::move(signature)});
  }

  /// What is signed must stand as it came; all else is one text.
  void add_text(std::string text, std::string signature) {
    auto joins = !parts_.empty() && !parts_.back().call
              && parts_.back().signature.empty() && signature.empty();
    if (joins)
      parts_.back().text += text;
    else
      parts_.push_back({std::move(text), std::move(signature), {}});
  }

  static std::string arguments_in(const json& call) {
    auto* arguments = part_at(call, "args");
    return arguments != nullptr ? arguments->dump() : "{}";
  }

  caf::error take_call(const json& from, std::string arguments,
                       std::string signature, answer_deltas& out) {
    auto id = text_at(from, "id");
    auto name = text_at(from, "name");
    if (auto err = size_.add(id.size() + name.size()))
      return err;
    auto has_id = !id.empty();
    auto place = static_cast<uint32_t>(calls_.size());
    gemini_call call{{ids_.take(id), std::move(name), arguments_of(arguments)},
                     has_id};
    // A name that was taken twice is ours.
    call.has_id = has_id && call.public_call.id == id;
    out.push_back({answer_delta::kind_type::tool,
                   {},
                   place,
                   call.public_call.id,
                   call.public_call.name});
    out.push_back({answer_delta::kind_type::arguments,
                   call.public_call.arguments.text, place});
    calls_.push_back(std::move(call));
    parts_.push_back({{}, std::move(signature), place});
    return caf::none;
  }

  std::optional<json_text> keep_parts() const {
    auto is_signed = std::any_of(parts_.begin(), parts_.end(),
                                 [](auto& x) { return !x.signature.empty(); });
    if (!is_signed)
      return std::nullopt;
    auto out = json::array();
    for (auto& x : parts_) {
      auto part =
        x.call ? call_to_json(calls_[*x.call]) : json{{"text", x.text}};
      if (!x.signature.empty())
        part["thoughtSignature"] = x.signature;
      out.push_back(std::move(part));
    }
    return keep_blocks(protocol_kind::gemini, asked_model_, "parts",
                       std::move(out));
  }

  static json call_to_json(const gemini_call& x) {
    json out{{"name", x.public_call.name},
             {"args", object_of(x.public_call.arguments)}};
    if (x.has_id)
      out["id"] = x.public_call.id;
    return {{"functionCall", std::move(out)}};
  }

  stop_reason stop() const {
    if (reason_ == "MAX_TOKENS")
      return stop_reason::length;
    if (is_one_of(reason_, {"SAFETY", "RECITATION", "LANGUAGE", "BLOCKLIST",
                            "PROHIBITED_CONTENT", "SPII", "IMAGE_SAFETY",
                            "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION"}))
      return stop_reason::refused;
    return calls_.empty() ? stop_reason::finished : stop_reason::tool_use;
  }

  call_ids ids_;
  const std::string asked_model_;
  std::vector<gemini_part> parts_;
  std::vector<gemini_call> calls_;
  std::string model_;
  std::string reason_;
  std::optional<token_usage> usage_;
  answer_size size_;
  bool complete_ = false;
};

} // namespace

std::unique_ptr<answer_reader> gemini_answer(const chat_request& asked,
                                             const call_options& options) {
  return std::make_unique<gemini_reader>(asked, options.model);
}

caf::expected<chat_response> read_gemini_answer(std::string_view body,
                                                const chat_request& asked,
                                                const call_options& options) {
  auto document = parse_bounded(body);
  gemini_reader reader{asked, options.model};
  // Servers that know no server-sent events send all events as a list.
  auto chunks = document.is_array() ? document : json::array({document});
  for (auto& chunk : chunks) {
    if (!chunk.is_object())
      return garbled("it is no JSON object, or too large a one");
    if (auto taken = reader.take_chunk(chunk, body); !taken)
      return std::move(taken.error());
  }
  if (!reader.may_end())
    return garbled("it has no candidates");
  return reader.response();
}

} // namespace machine::models
