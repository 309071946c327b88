#include "actors/models/fault.hpp"

#include "actors/models/protocol.hpp"
#include "actors/models/provider_json.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>

// The words are those of the error references of the APIs:
// platform.openai.com/docs/guides/error-codes,
// learn.microsoft.com/azure/ai-foundry/openai/how-to/content-filters,
// docs.anthropic.com/en/api/errors,
// ai.google.dev/gemini-api/docs/troubleshooting with google.rpc.Code and
// ErrorInfo, docs.aws.amazon.com/bedrock/latest/APIReference/CommonErrors.html
// and API_runtime_ConverseStream.html; and of Ollama, llama.cpp, vLLM, Mistral,
// DeepSeek and OpenRouter where theirs differ.

namespace machine::models {

namespace {

using nlohmann::json;

struct word {
  std::string_view part;
  fault_kind means;
};

/// Parts of codes and types; the first that is found counts.
constexpr word code_words[] = {
  {"context_length", fault_kind::context_exceeded},
  {"exceed_context_size", fault_kind::context_exceeded},
  {"context_window", fault_kind::context_exceeded},
  {"request_too_large", fault_kind::context_exceeded},
  {"content_filter", fault_kind::content_refused},
  {"content_policy", fault_kind::content_refused},
  {"responsibleaipolicyviolation", fault_kind::content_refused},
  {"moderation_blocked", fault_kind::content_refused},
  {"invalid_prompt", fault_kind::content_refused},
  {"bio_policy", fault_kind::content_refused},
  {"cyber_policy", fault_kind::content_refused},
  {"data_inspection_failed", fault_kind::content_refused},
  {"insufficient_quota", fault_kind::no_credit},
  {"insufficient_balance", fault_kind::no_credit},
  {"insufficient_credit", fault_kind::no_credit},
  {"insufficient_funds", fault_kind::no_credit},
  {"exceeded_current_quota", fault_kind::no_credit},
  {"billing", fault_kind::no_credit},
  {"payment_required", fault_kind::no_credit},
  {"authentication", fault_kind::key_refused},
  {"invalid_api_key", fault_kind::key_refused},
  {"api_key_invalid", fault_kind::key_refused},
  {"invalid_organization", fault_kind::key_refused},
  {"account_deactivated", fault_kind::key_refused},
  {"unauthenticated", fault_kind::key_refused},
  {"unauthorized", fault_kind::key_refused},
  {"permission", fault_kind::key_refused},
  {"accessdenied", fault_kind::key_refused},
  {"unrecognizedclient", fault_kind::key_refused},
  {"invalidclienttoken", fault_kind::key_refused},
  {"invalidsignature", fault_kind::key_refused},
  {"incompletesignature", fault_kind::key_refused},
  {"expiredtoken", fault_kind::key_refused},
  {"missingauthenticationtoken", fault_kind::key_refused},
  {"optinrequired", fault_kind::key_refused},
  {"model_not_found", fault_kind::model_unknown},
  {"deploymentnotfound", fault_kind::model_unknown},
  {"resourcenotfound", fault_kind::model_unknown},
  {"not_found", fault_kind::model_unknown},
  {"invalid_model", fault_kind::model_unknown},
  {"rate_limit", fault_kind::rate_limited},
  {"ratelimit", fault_kind::rate_limited},
  {"too_many_requests", fault_kind::rate_limited},
  {"toomanyrequests", fault_kind::rate_limited},
  {"throttling", fault_kind::rate_limited},
  {"resource_exhausted", fault_kind::rate_limited},
  {"servicequotaexceeded", fault_kind::rate_limited},
  {"modelnotready", fault_kind::overloaded},
  {"overloaded", fault_kind::overloaded},
  {"unavailable", fault_kind::overloaded},
  {"slow_down", fault_kind::overloaded},
  {"server_error", fault_kind::failed},
  {"api_error", fault_kind::failed},
  {"internal", fault_kind::failed},
  {"timeout", fault_kind::failed},
  {"deadline_exceeded", fault_kind::failed},
  {"modelerror", fault_kind::failed},
  {"modelstreamerror", fault_kind::failed},
  {"invalid_request", fault_kind::rejected},
  {"invalid_argument", fault_kind::rejected},
  {"failed_precondition", fault_kind::rejected},
  {"validation", fault_kind::rejected},
  {"bad_request", fault_kind::rejected},
};

/// What sentences for people say where the code says only that the request is
/// wrong.
constexpr word sentence_words[] = {
  {"maximum context length", fault_kind::context_exceeded},
  {"max context length", fault_kind::context_exceeded},
  {"context length", fault_kind::context_exceeded},
  {"context window", fault_kind::context_exceeded},
  {"context size", fault_kind::context_exceeded},
  {"context limit", fault_kind::context_exceeded},
  {"maximum context", fault_kind::context_exceeded},
  {"prompt is too long", fault_kind::context_exceeded},
  {"input is too long", fault_kind::context_exceeded},
  {"too many input tokens", fault_kind::context_exceeded},
  {"input token count", fault_kind::context_exceeded},
  {"reduce the length of the messages", fault_kind::context_exceeded},
  {"content management policy", fault_kind::content_refused},
  {"content filtering policy", fault_kind::content_refused},
  {"content filter", fault_kind::content_refused},
  {"usage policy", fault_kind::content_refused},
  {"safety system", fault_kind::content_refused},
  {"credit balance is too low", fault_kind::no_credit},
  {"insufficient balance", fault_kind::no_credit},
  {"api key not valid", fault_kind::key_refused},
  {"model identifier is invalid", fault_kind::model_unknown},
  {"not a valid model", fault_kind::model_unknown},
};

template <size_t Size>
std::optional<fault_kind> first_of(const word (&all)[Size],
                                   std::string_view text) {
  for (auto& x : all)
    if (text.find(x.part) != text.npos)
      return x.means;
  return std::nullopt;
}

std::string in_lower_case(std::string_view x) {
  std::string result{x};
  for (auto& c : result)
    c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return result;
}

/// Bound on the words of an error, in bytes.
constexpr size_t max_words = 1u << 10;

void add_words(provider_fault& to, std::string_view text) {
  if (text.empty() || to.words.size() >= max_words)
    return;
  if (!to.words.empty())
    to.words += ' ';
  to.words += in_lower_case(text.substr(0, 128));
}

/// `34s` or `0.847655010s`, as google.protobuf.Duration is spelled.
std::optional<duration> read_seconds(const std::string& text) {
  double value = 0;
  auto end = text.data() + text.size();
  auto [stop, code] = std::from_chars(text.data(), end, value);
  // Also what is no number.
  auto is_wait = value >= 0 && value <= 86'400;
  if (code != std::errc{} || std::string_view(stop, end) != "s" || !is_wait)
    return std::nullopt;
  return duration{static_cast<int64_t>(value * 1'000) + 1};
}

void read_details(const json& error, provider_fault& to) {
  auto* details = part_at(error, "details");
  if (details == nullptr || !details->is_array())
    return;
  for (auto& x : *details) {
    add_words(to, text_at(x, "reason"));
    if (auto wait = read_seconds(text_at(x, "retryDelay")))
      to.retry_after = wait;
  }
}

void read_error(const json& error, provider_fault& to) {
  for (auto* key : {"code", "type", "status"})
    add_words(to, text_at(error, key));
  if (auto number = count_at(error, "code"); number && *number < 1'000)
    to.status = static_cast<int>(*number);
  if (auto* inner = part_at(error, "innererror"))
    add_words(to, text_at(*inner, "code"));
  read_details(error, to);
}

/// A status that says it all, whatever stands in the document.
std::optional<fault_kind> kind_of_status(int status) {
  switch (status) {
    case 401:
    case 403: return fault_kind::key_refused;
    case 402: return fault_kind::no_credit;
    case 404: return fault_kind::model_unknown;
    case 413: return fault_kind::context_exceeded;
    case 429: return fault_kind::rate_limited;
    case 503:
    case 529: return fault_kind::overloaded;
    default: return std::nullopt;
  }
}

bool is_specific(fault_kind x) {
  return x != fault_kind::rejected && x != fault_kind::failed;
}

/// Whether a model is said to be missing.
bool tells_missing_model(std::string_view text) {
  return text.find("model") != text.npos
      && (text.find("not found") != text.npos
          || text.find("does not exist") != text.npos);
}

} // namespace

provider_fault read_fault(std::string_view document) {
  provider_fault x;
  x.message = error_detail(document);
  auto all = parse_bounded(document.substr(0, max_error_document));
  if (all.is_array() && !all.empty())
    all = json(all.front());
  if (!all.is_object())
    return x;
  auto* error = part_at(all, "error");
  if (error == nullptr)
    if (auto* response = part_at(all, "response"))
      error = part_at(*response, "error");
  if (error != nullptr)
    read_error(*error, x);
  else
    read_error(all, x);
  add_words(x, text_at(all, "__type"));
  return x;
}

provider_fault read_fault(const net::response_head& head,
                          std::string_view body) {
  auto x = read_fault(body);
  if (auto kind = head.header("x-amzn-errortype"))
    add_words(x, std::string_view{*kind}.substr(0, kind->find(':')));
  return x;
}

fault_kind kind_of(const provider_fault& said, int status) {
  auto by_code = first_of(code_words, said.words);
  if (by_code && is_specific(*by_code))
    return *by_code;
  auto number = status == 0 || status == 200 ? said.status : status;
  auto by_status = kind_of_status(number);
  // What is said of a key or of a rate names the model's limits, too.
  auto plain = !by_status || *by_status == fault_kind::context_exceeded
            || *by_status == fault_kind::model_unknown;
  if (plain) {
    auto sentence = in_lower_case(said.message);
    if (auto by_sentence = first_of(sentence_words, sentence))
      return *by_sentence;
    if (number < 500 && tells_missing_model(sentence))
      return fault_kind::model_unknown;
  }
  if (by_status)
    return *by_status;
  if (by_code)
    return *by_code;
  auto is_ours = number >= 300 && number < 500 && number != 408;
  return is_ours ? fault_kind::rejected : fault_kind::failed;
}

ec code_for(fault_kind x) {
  switch (x) {
    case fault_kind::none: return ec::none;
    case fault_kind::key_refused:
    case fault_kind::no_credit: return ec::provider_auth;
    case fault_kind::rate_limited: return ec::provider_rate_limited;
    case fault_kind::overloaded:
    case fault_kind::failed: return ec::provider_failed;
    case fault_kind::context_exceeded: return ec::context_exceeded;
    case fault_kind::content_refused: return ec::content_refused;
    case fault_kind::model_unknown:
    case fault_kind::rejected: return ec::provider_rejected;
  }
  return ec::internal;
}

fault_kind fault_of(ec code) {
  switch (code) {
    case ec::provider_auth: return fault_kind::key_refused;
    case ec::provider_rate_limited: return fault_kind::rate_limited;
    case ec::provider_failed: return fault_kind::failed;
    case ec::provider_rejected: return fault_kind::rejected;
    case ec::context_exceeded: return fault_kind::context_exceeded;
    case ec::content_refused: return fault_kind::content_refused;
    default: return fault_kind::none;
  }
}

caf::error stream_fault(const provider_fault& said) {
  auto kind = kind_of(said, 0);
  auto begin =
    kind == fault_kind::no_credit    ? "the provider wants to be paid first: "
    : kind == fault_kind::overloaded ? "the provider is overloaded: "
    : kind == fault_kind::context_exceeded
      ? "the prompt is longer than the model takes: "
    : kind == fault_kind::content_refused
      ? "the provider does not answer this for its content: "
    : kind == fault_kind::model_unknown ? "the provider has no such model: "
                                        : "the provider failed in its answer: ";
  return make_error(code_for(kind), begin + said.message);
}

} // namespace machine::models
