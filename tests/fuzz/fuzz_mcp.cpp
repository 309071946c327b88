// A message of MCP in the last of up to four lines, after the headers for
// revision, method and name. What reads can be said again, and by which rules
// it came does not depend on how it is spelled.

#include "gateway/mcp/envelope.hpp"
#include "gateway/mcp/message.hpp"
#include "runtime/wire/document.hpp"
#include "runtime/wire/json.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace machine;
using namespace machine::gateway::mcp;
using fuzz::require;

namespace {

std::string spell(const message& x) {
  switch (x.what) {
    case message::kind::request:
      return request_message(x.id, x.method, x.params);
    case message::kind::notification:
      return notification_message(x.method, x.params);
    case message::kind::result: return result_message(x.id, x.result);
    default: return error_message(x.id, x.error);
  }
}

void check_refusal(const refusal& x) {
  require(x.status >= 400 && x.status < 500);
  require(wire::is_json(x.id) && wire::is_json(error_message(x.id, x.why)));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto lines = fuzz::input{data, size}.parts('\n', 4);
  header_map headers;
  constexpr std::array names{"mcp-protocol-version", "mcp-method", "mcp-name"};
  for (size_t i = 0; i + 1 < lines.size(); ++i)
    if (!lines[i].empty())
      headers[names[i]] = lines[i];
  for (auto& [name, value] : headers)
    if (auto decoded = decode_header(value))
      require(decode_header(encode_header(*decoded)) == *decoded);
  auto read = parse_message(lines.back());
  if (auto* no = std::get_if<refusal>(&read)) {
    check_refusal(*no);
    return 0;
  }
  auto& what = std::get<message>(read);
  auto again = parse_message(spell(what));
  require(std::holds_alternative<message>(again));
  auto& same = std::get<message>(again);
  require(same.what == what.what && same.id == what.id);
  require(same.method == what.method && spell(same) == spell(what));
  auto rules = classify(headers, what);
  if (auto* no = std::get_if<refusal>(&rules))
    check_refusal(*no);
  require(classify(headers, same).index() == rules.index());
  name_in(what);
  return 0;
}
