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

/// Bound on what is looked at of an error document, in bytes.
constexpr size_t max_detail = 64u << 10;

/// Bound on a message for people, in bytes.
constexpr size_t max_message = 600;

/// Bound on the nesting of arguments: a stored answer nests them deeper yet,
/// and is read back by the usual limits.
constexpr size_t max_arguments_depth = 48;

std::string clean(std::string_view text) {
  auto result = wire::to_utf8(text.substr(0, max_detail));
  for (auto& c : result)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F)
      c = ' ';
  return result;
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
  auto document = parse_bounded(body.substr(0, max_detail));
  if (auto text = text_at(document, "error"); !text.empty())
    return clean(text);
  if (auto* error = part_at(document, "error"))
    if (auto text = text_at(*error, "message"); !text.empty())
      return clean(text);
  return clean(body);
}

std::string for_people(std::string message, const std::string& key) {
  constexpr std::string_view instead = "[key]";
  if (key.size() >= 4)
    for (auto at = message.find(key); at != message.npos;
         at = message.find(key, at + instead.size()))
      message.replace(at, key.size(), instead);
  if (message.size() <= max_message)
    return message;
  auto end = max_message;
  while (end > 0 && (static_cast<unsigned char>(message[end]) & 0xC0) == 0x80)
    --end;
  return message.substr(0, end) + " ...";
}

std::string endpoint_of(protocol_kind speaks, std::string url) {
  while (url.ends_with('/'))
    url.pop_back();
  auto host = url.find("://");
  auto has_path = host != url.npos && url.find('/', host + 3) != url.npos;
  auto wants_version =
    speaks == protocol_kind::anthropic ? !url.ends_with("/v1") : !has_path;
  return wants_version ? url + "/v1" : url;
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

call_outcome outcome_of_status(const std::string& provider, int status,
                               std::optional<duration> retry_after,
                               std::string_view detail) {
  auto said =
    detail.empty() ? std::string{} : ": " + for_people(clean(detail), {});
  auto number = std::to_string(status);
  auto outcome = [&](ec code, std::string message) {
    return call_outcome{make_error(code, std::move(message)), retry_after,
                        std::nullopt, false, status};
  };
  if (status == 401 || status == 403)
    return outcome(ec::provider_auth, provider + " refuses the key (" + number
                                        + ")" + said
                                        + "; check the key of this provider");
  if (status == 429) {
    auto wait = retry_after ? ", and asks to wait "
                                + std::to_string(retry_after->count()) + " ms"
                            : std::string{};
    return outcome(ec::provider_rate_limited,
                   provider + " has had enough requests for now (429)" + wait
                     + said);
  }
  if (status >= 500 || status == 408)
    return outcome(ec::provider_failed,
                   provider + " failed (" + number + ")" + said);
  if (status >= 300 && status < 400)
    return outcome(ec::provider_rejected,
                   provider + " points somewhere else (" + number
                     + "); correct its url in the catalogue");
  return outcome(ec::provider_rejected,
                 provider + " refuses this request (" + number + ")" + said);
}

} // namespace machine::models
