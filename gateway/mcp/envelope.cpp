#include "gateway/mcp/envelope.hpp"

#include "runtime/wire/text.hpp"
#include "runtime/wire/wire.hpp"

#include <algorithm>

namespace machine::gateway::mcp {

namespace {

constexpr const char* version_header = "mcp-protocol-version";
constexpr const char* method_header = "mcp-method";
constexpr const char* name_header = "mcp-name";

std::optional<std::string> header(const header_map& in, const char* name) {
  auto i = in.find(name);
  if (i == in.end())
    return std::nullopt;
  std::string_view x = i->second;
  constexpr const char* blanks = " \t";
  auto begin = x.find_first_not_of(blanks);
  if (begin == x.npos)
    return "";
  return std::string{x.substr(begin, x.find_last_not_of(blanks) - begin + 1)};
}

refusal refuse(const message& of, rpc_error why, int status = 400) {
  return {status, std::move(why), of.id.empty() ? "null" : of.id};
}

refusal mismatch(const message& of, std::string why) {
  return refuse(of, {code::header_mismatch, std::move(why), std::nullopt});
}

refusal unsupported(const message& of, const std::string& version) {
  auto data = R"({"supported":)" + supported_versions() + R"(,"requested":)"
            + wire::to_json(version) + "}";
  return refuse(of, {code::unsupported_version,
                     "this server does not speak revision " + version,
                     json_text{data}});
}

refusal bad_meta(const message& of, const std::string& why) {
  return refuse(of, {code::invalid_params,
                     "params._meta " + why
                       + "; since revision 2026-07-28 every request has "
                         "io.modelcontextprotocol/protocolVersion and "
                         "io.modelcontextprotocol/clientCapabilities there",
                     std::nullopt});
}

std::optional<refusal> check_headers(const header_map& headers,
                                     const message& what) {
  auto method = header(headers, method_header);
  if (!method)
    return mismatch(what, "the header Mcp-Method is missing; it repeats the "
                          "method of the request");
  if (*method != what.method)
    return mismatch(what, "the header Mcp-Method is not the method of the "
                          "request");
  auto name = name_in(what);
  if (!name)
    return std::nullopt;
  auto given = header(headers, name_header);
  if (!given)
    return mismatch(what, "the header Mcp-Name is missing; it repeats the name "
                          "or the uri in params");
  auto decoded = decode_header(*given);
  if (!decoded || *decoded != *name)
    return mismatch(what, "the header Mcp-Name is not the name or the uri in "
                          "params");
  return std::nullopt;
}

bool is_object(const json_text& x) {
  return x.text.starts_with('{');
}

} // namespace

std::optional<std::string> name_in(const message& what) {
  if (what.method == "tools/call" || what.method == "prompts/get") {
    auto params = wire::from_json<named_params>(what.params);
    return params ? std::optional{params->name} : std::nullopt;
  }
  if (what.method == "resources/read") {
    auto params = wire::from_json<uri_params>(what.params);
    return params ? std::optional{params->uri} : std::nullopt;
  }
  return std::nullopt;
}

std::string encode_header(const std::string& value) {
  auto is_plain = [](char c) { return c >= ' ' && c <= '~'; };
  if (!value.empty() && std::all_of(value.begin(), value.end(), is_plain)
      && !value.starts_with("=?base64?") && value.front() != ' '
      && value.back() != ' ')
    return value;
  return "=?base64?" + wire::to_base64(as_bytes(value)) + "?=";
}

std::optional<std::string> decode_header(std::string_view value) {
  constexpr std::string_view begin = "=?base64?";
  constexpr std::string_view end = "?=";
  if (!wire::is_utf8(value))
    return std::nullopt;
  if (!value.starts_with(begin) || !value.ends_with(end)
      || value.size() < begin.size() + end.size())
    return std::string{value};
  auto inner =
    value.substr(begin.size(), value.size() - begin.size() - end.size());
  auto decoded = wire::from_base64(inner);
  if (!decoded)
    return std::nullopt;
  std::string text{as_text(*decoded)};
  if (!wire::is_utf8(text))
    return std::nullopt;
  return text;
}

std::variant<stateless, of_session, refusal> classify(const header_map& headers,
                                                      const message& what) {
  auto params = wire::from_json<any_params>(what.params);
  auto version = header(headers, version_header);
  auto known = version ? revision_of(*version) : std::nullopt;
  auto header_is_late = known && !has_sessions(*known);
  if (!params) {
    if (header_is_late)
      return bad_meta(what, "does not read: " + message_of(params.error()));
    return refuse(
      what, {code::invalid_params, message_of(params.error()), std::nullopt});
  }
  auto meta = params->meta.value_or(request_meta{});
  // Answers and notifications need not say which revision they are of.
  auto is_request = what.what == message::kind::request;
  if (!meta.version && !header_is_late) {
    if (version && !known)
      return unsupported(what, *version);
    return of_session{};
  }
  auto claimed = meta.version ? revision_of(*meta.version) : std::nullopt;
  if (!header_is_late && claimed && has_sessions(*claimed))
    return of_session{};
  if (!is_request)
    return stateless{std::move(meta)};
  if (!meta.version)
    return bad_meta(what,
                    params->meta ? "has no protocolVersion" : "is missing");
  if (!meta.capabilities || !is_object(*meta.capabilities))
    return bad_meta(what, "has no clientCapabilities, an object");
  if (!version)
    return mismatch(what, "the header MCP-Protocol-Version is missing");
  if (*version != *meta.version)
    return mismatch(what, "the header MCP-Protocol-Version is not the "
                          "protocolVersion in params._meta");
  if (!header_is_late)
    return unsupported(what, *version);
  if (auto problem = check_headers(headers, what))
    return *problem;
  return stateless{std::move(meta)};
}

bool is_welcome(const header_map& headers,
                const std::vector<std::string>& others) {
  auto origin = header(headers, "origin");
  if (!origin)
    return true;
  if (std::find(others.begin(), others.end(), *origin) != others.end())
    return true;
  auto host = header(headers, "host").value_or("");
  return *origin == "http://" + host || *origin == "https://" + host;
}

} // namespace machine::gateway::mcp
