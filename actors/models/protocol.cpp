#include "actors/models/protocol.hpp"

#include "actors/models/provider_json.hpp"
#include "runtime/wire/wire.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace machine::models {

namespace {

/// Waiting longer than this is the caller's decision.
constexpr int64_t longest_wait_ms = 24 * 3'600'000;

std::optional<double> to_number(const std::string& text) {
  double value = 0;
  auto end = text.data() + text.size();
  auto [stop, code] = std::from_chars(text.data(), end, value);
  if (code != std::errc{} || stop != end || !std::isfinite(value) || value < 0)
    return std::nullopt;
  return value;
}

/// Bound on a message for people, in bytes.
constexpr size_t max_message = 600;

/// Bound on the nesting of arguments: a stored answer nests them deeper yet,
/// and is read back by the usual limits.
constexpr size_t max_arguments_depth = 48;

std::string clean(std::string_view text) {
  auto result = wire::to_utf8(text.substr(0, max_error_document));
  for (auto& c : result)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F)
      c = ' ';
  return result;
}

/// Replaces *secret* wherever it stands, if it has *least* characters.
void hide(std::string& message, const std::string& secret, size_t least) {
  constexpr std::string_view instead = "[key]";
  if (secret.size() < least)
    return;
  for (auto at = message.find(secret); at != message.npos;
       at = message.find(secret, at + instead.size()))
    message.replace(at, secret.size(), instead);
}

} // namespace

std::optional<duration> retry_after_of(const net::response_head& head,
                                       timestamp now) {
  auto bounded = [](double ms) {
    return duration{
      static_cast<int64_t>(std::min(ms, static_cast<double>(longest_wait_ms)))};
  };
  if (auto text = head.header("retry-after-ms"))
    if (auto ms = to_number(*text))
      return bounded(*ms);
  auto text = head.header("retry-after");
  if (!text)
    return std::nullopt;
  if (auto seconds = to_number(*text))
    return bounded(*seconds * 1'000);
  auto date = curl_getdate(text->c_str(), nullptr);
  if (date < 0)
    return std::nullopt;
  auto left = timestamp{std::chrono::seconds{date}} - now;
  return bounded(std::max<double>(
    0,
    static_cast<double>(std::chrono::duration_cast<duration>(left).count())));
}

std::string error_detail(std::string_view body) {
  auto document = parse_bounded(body.substr(0, max_error_document));
  // Google sends lists where a stream was asked for.
  if (document.is_array() && !document.empty())
    document = nlohmann::json(document.front());
  if (auto* response = part_at(document, "response"))
    document = nlohmann::json(*response);
  if (auto text = text_at(document, "error"); !text.empty())
    return clean(text);
  auto* error = part_at(document, "error");
  for (auto* from : {error, static_cast<const nlohmann::json*>(&document)})
    if (from != nullptr)
      for (auto* key : {"message", "Message"})
        if (auto text = text_at(*from, key); !text.empty())
          return clean(text);
  return clean(body);
}

std::string for_people(std::string message, const std::string& key) {
  hide(message, key, 4);
  // Those of AWS have parts.
  for (size_t begin = 0; begin < key.size();) {
    auto end = std::min(key.find(':', begin), key.size());
    hide(message, key.substr(begin, end - begin), 8);
    begin = end + 1;
  }
  if (message.size() <= max_message)
    return message;
  auto end = max_message;
  while (end > 0 && (static_cast<unsigned char>(message[end]) & 0xC0) == 0x80)
    --end;
  return message.substr(0, end) + " ...";
}

json_text arguments_of(const std::string& text) {
  if (is_blank(text))
    return {"{}"};
  wire::limits bounds;
  bounds.max_depth = max_arguments_depth;
  bounds.max_items = 200'000;
  if (wire::parse_json(text, bounds))
    return {text};
  return {wire::to_json(text)};
}

std::unique_ptr<framing>
protocol::make_framing(std::string_view content_type) const {
  if (content_type.find("text/event-stream") == content_type.npos)
    return nullptr;
  return sse_framing();
}

caf::expected<net::request>
protocol::encode_embeddings(const embedding_request&, const call_options&,
                            const endpoint&) const {
  return make_error(ec::provider_rejected,
                    "this protocol has no vectors; choose a model of another "
                    "provider");
}

caf::expected<embedding_response>
protocol::read_embeddings(std::string_view, const embedding_request&) const {
  return garbled("this protocol has no vectors");
}

std::shared_ptr<const protocol> make_protocol(protocol_kind speaks) {
  switch (speaks) {
    case protocol_kind::openai: return openai_chat();
    case protocol_kind::openai_responses: return openai_responses();
    case protocol_kind::anthropic: return anthropic_messages();
    case protocol_kind::gemini: return gemini_content();
    case protocol_kind::bedrock: return bedrock_converse();
    case protocol_kind::scripted: break;
  }
  return nullptr;
}

refusal explain(const std::string& provider, int status,
                const provider_fault& said,
                std::optional<duration> retry_after) {
  auto kind = kind_of(said, status);
  auto detail = said.message.empty()
                ? std::string{}
                : ": " + for_people(clean(said.message), {});
  auto number = " (" + std::to_string(status) + ")";
  auto result = [&](std::string message) {
    return refusal{make_error(code_for(kind), provider + std::move(message)),
                   kind};
  };
  if (status >= 300 && status < 400)
    return result(" points somewhere else" + number
                  + "; correct its url in the catalogue");
  switch (kind) {
    case fault_kind::key_refused:
      return result(" refuses the key" + number + detail
                    + "; check the key of this provider");
    case fault_kind::no_credit:
      return result(" wants to be paid first" + number + detail
                    + "; see the account of its key");
    case fault_kind::rate_limited:
      return result(" has had enough requests for now" + number
                    + (retry_after
                         ? ", and asks to wait "
                             + std::to_string(retry_after->count()) + " ms"
                         : std::string{})
                    + detail);
    case fault_kind::overloaded:
      return result(" is overloaded" + number + detail);
    case fault_kind::context_exceeded:
      return result(" says that the prompt is longer than the model takes"
                    + number + detail);
    case fault_kind::content_refused:
      return result(" does not answer this for its content" + number + detail);
    case fault_kind::model_unknown:
      return result(" has no such model" + number + detail
                    + "; correct the model's name, or the provider's url, in "
                      "the catalogue");
    case fault_kind::failed: return result(" failed" + number + detail);
    default: return result(" refuses this request" + number + detail);
  }
}

call_outcome outcome_of_status(const std::string& provider, int status,
                               std::optional<duration> retry_after,
                               std::string_view detail) {
  provider_fault said;
  said.message = detail;
  auto meaning = explain(provider, status, said, retry_after);
  call_outcome outcome{std::move(meaning.why), retry_after, std::nullopt, false,
                       status};
  outcome.fault = meaning.fault;
  return outcome;
}

} // namespace machine::models
