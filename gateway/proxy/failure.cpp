#include "gateway/proxy/failure.hpp"

#include "gateway/proxy/json_out.hpp"

#include <algorithm>

// Statuses follow the references of both APIs, with one exception: a budget
// that is used up is 402 and not 429, which the clients of both try again and
// again.

namespace machine::gateway::proxy {

namespace {

bool asks_to_wait(ec code) {
  return code == ec::rate_limited || code == ec::provider_rate_limited
      || code == ec::overloaded;
}

std::optional<uint32_t> seconds_to_wait(const failure& why) {
  constexpr int64_t most = 24 * 3'600;
  if (!why.retry_after)
    return asks_to_wait(code_of(why.why)) ? std::optional{1u} : std::nullopt;
  auto ms = std::clamp<int64_t>(why.retry_after->count(), 1, most * 1'000);
  return static_cast<uint32_t>((ms + 999) / 1'000);
}

/// Codes that are no client's business are all the same to it.
bool is_provider_failure(ec code) {
  return code == ec::provider_auth || code == ec::provider_failed
      || code == ec::provider_garbled || code == ec::provider_interrupted;
}

} // namespace

openai_problem openai_problem_of(ec code) {
  constexpr std::string_view invalid = "invalid_request_error";
  if (is_provider_failure(code))
    return {502, "server_error", "bad_gateway"};
  switch (code) {
    case ec::invalid_argument: return {400, invalid, "invalid_value"};
    case ec::context_exceeded: return {400, invalid, "context_length_exceeded"};
    case ec::content_refused: return {400, invalid, "content_filter"};
    // The same request would fail again, so it is none of the 5xx.
    case ec::provider_rejected: return {400, invalid, "provider_rejected"};
    case ec::unauthenticated:
      return {401, "authentication_error", "invalid_api_key"};
    case ec::budget_exceeded:
      return {402, "insufficient_quota", "insufficient_quota"};
    case ec::unknown_price: return {402, "insufficient_quota", "unknown_price"};
    case ec::denied: return {403, "permission_error", "permission_denied"};
    case ec::not_found: return {404, invalid, "model_not_found"};
    case ec::conflict:
    case ec::changed: return {409, invalid, "conflict"};
    case ec::limit_exceeded: return {413, invalid, "request_too_large"};
    case ec::no_model: return {422, invalid, "no_model"};
    case ec::rate_limited:
    case ec::provider_rate_limited:
      return {429, "rate_limit_error", "rate_limit_exceeded"};
    case ec::cancelled: return {499, invalid, "cancelled"};
    case ec::overloaded:
      return {503, "service_unavailable_error", "server_is_overloaded"};
    case ec::unavailable:
      return {503, "service_unavailable_error", "unavailable"};
    case ec::timeout: return {504, "server_error", "timeout"};
    default: return {500, "server_error", "server_error"};
  }
}

anthropic_problem anthropic_problem_of(ec code) {
  constexpr std::string_view invalid = "invalid_request_error";
  if (is_provider_failure(code))
    return {502, "api_error"};
  switch (code) {
    case ec::invalid_argument:
    case ec::context_exceeded:
    case ec::content_refused:
    case ec::provider_rejected: return {400, invalid};
    case ec::unauthenticated: return {401, "authentication_error"};
    case ec::budget_exceeded:
    case ec::unknown_price: return {402, "billing_error"};
    case ec::denied: return {403, "permission_error"};
    case ec::not_found: return {404, "not_found_error"};
    case ec::conflict:
    case ec::changed: return {409, invalid};
    case ec::limit_exceeded: return {413, "request_too_large"};
    case ec::no_model: return {422, invalid};
    case ec::rate_limited:
    case ec::provider_rate_limited: return {429, "rate_limit_error"};
    case ec::cancelled: return {499, invalid};
    case ec::unavailable: return {503, "api_error"};
    case ec::timeout: return {504, "timeout_error"};
    case ec::overloaded: return {529, "overloaded_error"};
    default: return {500, "api_error"};
  }
}

std::string openai_error_body(const failure& why) {
  auto code = code_of(why.why);
  auto message = message_of(why.why);
  auto about = openai_problem_of(code);
  auto param = code == ec::invalid_argument ? member_in(message) : "";
  json_out out;
  out.raw(R"({"error":{"message":)").text(message);
  out.raw(R"(,"type":)").text(about.type);
  out.raw(R"(,"param":)").text_or_null(param);
  out.raw(R"(,"code":)").text_or_null(about.code).raw("}}");
  return out.take();
}

std::string anthropic_error_body(const failure& why) {
  auto about = anthropic_problem_of(code_of(why.why));
  json_out out;
  out.raw(R"({"type":"error","error":{"type":)").text(about.type);
  out.raw(R"(,"message":)").text(message_of(why.why));
  out.raw(R"(},"request_id":)").text_or_null(why.request_id).raw("}");
  return out.take();
}

reply openai_refusal(const failure& why) {
  return {openai_problem_of(code_of(why.why)).status, openai_error_body(why),
          seconds_to_wait(why)};
}

reply anthropic_refusal(const failure& why) {
  return {anthropic_problem_of(code_of(why.why)).status,
          anthropic_error_body(why), seconds_to_wait(why)};
}

std::string_view member_in(std::string_view message) {
  constexpr size_t longest = 256;
  auto end = message.find(": ");
  if (end == message.npos || end == 0 || end > longest)
    return {};
  auto is_part = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
        || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '['
        || c == ']';
  };
  auto member = message.substr(0, end);
  return std::all_of(member.begin(), member.end(), is_part) ? member : "";
}

} // namespace machine::gateway::proxy
