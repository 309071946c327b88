#include "gateway/mcp/message.hpp"

#include "runtime/wire/wire.hpp"

namespace machine::gateway::mcp {

namespace {

using wire::node;
using wire::node_kind;

/// Deep enough for every schema that a person writes.
constexpr wire::limits bounds{4u << 20, 64, 200'000};

/// The members of a message, where there are any.
struct parts {
  const node* version = nullptr;
  const node* id = nullptr;
  const node* method = nullptr;
  const node* params = nullptr;
  const node* result = nullptr;
  const node* error = nullptr;
};

parts parts_of(const wire::document& from) {
  parts result;
  for (auto* x = from.first(from.root()); x != nullptr; x = from.next(*x)) {
    if (x->key == "jsonrpc")
      result.version = x;
    else if (x->key == "id")
      result.id = x;
    else if (x->key == "method")
      result.method = x;
    else if (x->key == "params")
      result.params = x;
    else if (x->key == "result")
      result.result = x;
    else if (x->key == "error")
      result.error = x;
  }
  return result;
}

bool is_text(const node* x) {
  return x != nullptr && x->kind == node_kind::text;
}

bool is_id(const node& x) {
  return (x.kind == node_kind::text && x.text.size() <= max_id)
      || x.kind == node_kind::integer || x.kind == node_kind::unsigned_integer;
}

refusal invalid(std::string why, std::string id) {
  return {
    400, {code::invalid_request, std::move(why), std::nullopt}, std::move(id)};
}

std::variant<message, refusal> read_answer(const wire::document& from,
                                           const parts& of, std::string id) {
  if (of.id == nullptr || (of.result == nullptr) == (of.error == nullptr))
    return invalid("an answer has an id and either a result or an error", id);
  message result;
  result.id = std::move(id);
  if (of.result != nullptr) {
    result.what = message::kind::result;
    result.result = wire::write_json(from, *of.result);
    return result;
  }
  auto why = wire::from_json<rpc_error>(wire::write_json(from, *of.error));
  if (!why)
    return invalid("the error does not read: " + message_of(why.error()),
                   result.id);
  result.what = message::kind::error;
  result.error = std::move(*why);
  return result;
}

std::string head_of(const std::string& id) {
  return R"({"jsonrpc":"2.0","id":)" + id;
}

} // namespace

std::variant<message, refusal> parse_message(std::string_view text) {
  auto parsed = wire::parse_json(text, bounds);
  if (!parsed)
    return refusal{
      400,
      {code::parse_error, message_of(parsed.error()), std::nullopt},
      "null"};
  auto& root = parsed->root();
  if (root.kind == node_kind::list)
    return invalid("batches are not part of MCP; send one message a request",
                   "null");
  if (root.kind != node_kind::map)
    return invalid("a message is a JSON object", "null");
  auto of = parts_of(*parsed);
  std::string id = "null";
  if (of.id != nullptr) {
    if (!is_id(*of.id))
      return invalid("an id is an integer, or a string of at most 256 bytes",
                     "null");
    id = wire::write_json(*parsed, *of.id);
  }
  if (!is_text(of.version) || of.version->text != "2.0")
    return invalid(R"(jsonrpc has to be "2.0")", id);
  if (of.method == nullptr)
    return read_answer(*parsed, of, id);
  if (!is_text(of.method) || of.result != nullptr || of.error != nullptr)
    return invalid("a request has a method, which is a string, and neither a "
                   "result nor an error",
                   id);
  message result;
  result.method = std::string{of.method->text};
  if (of.params != nullptr) {
    if (of.params->kind != node_kind::map)
      return invalid("params is an object, or is left out", id);
    result.params = wire::write_json(*parsed, *of.params);
  }
  if (of.id != nullptr) {
    result.what = message::kind::request;
    result.id = std::move(id);
  }
  return result;
}

std::string result_message(const std::string& id, std::string_view object) {
  return head_of(id) + R"(,"result":)" + std::string{object} + "}";
}

std::string error_message(const std::string& id, const rpc_error& why) {
  return head_of(id) + R"(,"error":)" + wire::to_json(why) + "}";
}

std::string request_message(const std::string& id, std::string_view method,
                            std::string_view params) {
  return head_of(id) + R"(,"method":)" + wire::to_json(std::string{method})
       + R"(,"params":)" + std::string{params} + "}";
}

std::string notification_message(std::string_view method,
                                 std::string_view params) {
  return R"({"jsonrpc":"2.0","method":)" + wire::to_json(std::string{method})
       + R"(,"params":)" + std::string{params} + "}";
}

std::string with_members(std::string_view object, std::string_view members) {
  if (members.empty())
    return std::string{object};
  auto rest = object.substr(1);
  return "{" + std::string{members} + (rest == "}" ? "" : ",")
       + std::string{rest};
}

} // namespace machine::gateway::mcp
