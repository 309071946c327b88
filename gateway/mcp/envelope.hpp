#pragma once

#include "gateway/mcp/message.hpp"
#include "gateway/mcp/params.hpp"
#include "gateway/mcp/revision.hpp"

#include <map>
#include <string>
#include <variant>

namespace machine::gateway::mcp {

/// Names in lower case.
using header_map = std::map<std::string, std::string>;

/// A request of a revision without sessions.
struct stateless {
  request_meta meta;
};

/// A message of a revision with sessions.
struct of_session {};

/// Finds out by which rules *what* was sent with *headers*: what its `_meta`
/// claims counts, and the headers have to say the same (2026-07-28, basic:
/// versioning; transports: standard headers).
std::variant<stateless, of_session, refusal> classify(const header_map& headers,
                                                      const message& what);

/// A header value that may be spelled `=?base64?...?=`; none: it does not
/// read.
std::optional<std::string> decode_header(std::string_view value);

/// *value* so that it passes as a header: what is no visible ASCII, or would be
/// taken for Base64, becomes that.
std::string encode_header(const std::string& value);

/// What *what* repeats in the header `Mcp-Name`; none: nothing.
std::optional<std::string> name_in(const message& what);

/// Whether a page of *origin* may use a server that was asked for *host*: if it
/// comes from there, or is one of *others*. No browser: none.
bool is_welcome(const header_map& headers,
                const std::vector<std::string>& others);

} // namespace machine::gateway::mcp
