#include "deploy/cli/mcp_courier.hpp"

#include "gateway/mcp/envelope.hpp"
#include "gateway/mcp/params.hpp"
#include "runtime/wire/wire.hpp"

#include <algorithm>

namespace machine::cli {

namespace {

namespace mcp = gateway::mcp;

constexpr duration longest_call{600'000};
constexpr duration longest_stream{7 * 86'400'000};
constexpr size_t max_answer = 64u << 20;
/// A stream goes on for as long as somebody listens.
constexpr size_t max_stream = size_t{1} << 40;

struct initialized {
  std::string version;

  static constexpr const char* wire_name = "result";

  static constexpr auto fields() {
    return wire::members(wire::field{"protocolVersion", &initialized::version});
  }
};

/// A client reads a message a line.
std::string one_line(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  std::replace(text.begin(), text.end(), '\r', ' ');
  return text;
}

net::request request_to(const endpoint& where, const mcp_terms& terms,
                        const char* method) {
  auto result = make_request(where, method, "/mcp");
  std::erase_if(result.headers, [](auto& x) { return x.first == "Accept"; });
  result.headers.emplace_back("Accept", "application/json, text/event-stream");
  if (!terms.session.empty())
    result.headers.emplace_back("Mcp-Session-Id", terms.session);
  return result;
}

void add_version(net::request& to, const std::string& version) {
  if (!version.empty())
    to.headers.emplace_back("MCP-Protocol-Version", version);
}

} // namespace

net::request mcp_post(const endpoint& where, const mcp_terms& terms,
                      const mcp::message& what, std::string text) {
  auto params = wire::from_json<mcp::any_params>(what.params);
  auto claimed = params && params->meta ? params->meta->version : std::nullopt;
  // Whoever says everything in each request has no session.
  auto is_first = what.method == "initialize" && !claimed;
  auto result =
    request_to(where, claimed || is_first ? mcp_terms{} : terms, "POST");
  result.headers.emplace_back("Content-Type", "application/json");
  result.body = std::move(text);
  result.idle_timeout = longest_silence;
  result.total_timeout = longest_call;
  result.max_response_bytes = max_answer;
  if (is_first)
    return result;
  add_version(result, claimed.value_or(terms.version));
  if (!claimed)
    return result;
  result.headers.emplace_back("Mcp-Method", mcp::encode_header(what.method));
  if (auto name = mcp::name_in(what))
    result.headers.emplace_back("Mcp-Name", mcp::encode_header(*name));
  if (what.method == "subscriptions/listen") {
    result.total_timeout = longest_stream;
    result.max_response_bytes = max_stream;
  }
  return result;
}

net::request mcp_listen(const endpoint& where, const mcp_terms& terms) {
  auto result = request_to(where, terms, "GET");
  add_version(result, terms.version);
  result.idle_timeout = longest_silence;
  result.total_timeout = longest_stream;
  result.max_response_bytes = max_stream;
  return result;
}

net::request mcp_leave(const endpoint& where, const mcp_terms& terms) {
  auto result = request_to(where, terms, "DELETE");
  add_version(result, terms.version);
  result.total_timeout = duration{2'000};
  return result;
}

std::string version_in(std::string_view answer) {
  auto parsed = mcp::parse_message(answer);
  auto* what = std::get_if<mcp::message>(&parsed);
  if (what == nullptr || what->what != mcp::message::kind::result)
    return "";
  auto result = wire::from_json<initialized>(what->result);
  return result ? result->version : "";
}

std::optional<std::string> called_off(const mcp::message& what) {
  if (what.method != "notifications/cancelled")
    return std::nullopt;
  auto params = wire::from_json<mcp::cancelled_params>(what.params);
  return params ? std::optional{params->request.text} : std::nullopt;
}

void mcp_answer::begin(const net::response_head& head) {
  *this = {};
  status_ = head.status;
  session_ = head.header("mcp-session-id").value_or("");
  is_stream_ =
    head.header("content-type").value_or("").starts_with("text/event-stream");
}

caf::expected<std::vector<std::string>>
mcp_answer::feed(std::string_view data) {
  std::vector<std::string> result;
  if (!is_stream_) {
    body_ += data;
    return result;
  }
  auto events = events_.feed(data);
  if (!events)
    return std::move(events.error());
  // Of all else that the machine says on a stream no client knows.
  for (auto& x : *events)
    if (x.event == "message" && !x.data.empty())
      result.push_back(one_line(std::move(x.data)));
  return result;
}

std::optional<std::string> mcp_answer::end() {
  if (is_stream_ || body_.empty())
    return std::nullopt;
  auto parsed = mcp::parse_message(body_);
  if (!std::holds_alternative<mcp::message>(parsed))
    return std::nullopt;
  return one_line(body_);
}

std::string mcp_failure(const std::string& id, const caf::error& why) {
  return mcp::error_message(
    id, {mcp::code::server_error, message_of(why), std::nullopt});
}

} // namespace machine::cli
