#include "gateway/session/codec.hpp"

#include "runtime/wire/nearest.hpp"
#include "runtime/wire/wire.hpp"

#include <algorithm>

namespace machine::gateway::session {

namespace {

constexpr wire::limits message_limits{
  .max_bytes = max_message_bytes, .max_depth = 64, .max_items = 100'000};

const wire::node* find_member(const wire::document& in, std::string_view key) {
  if (in.root().kind != wire::node_kind::map)
    return nullptr;
  for (auto* x = in.first(in.root()); x != nullptr; x = in.next(*x))
    if (x->key == key)
      return x;
  return nullptr;
}

std::optional<std::string> id_in(const wire::document& from) {
  auto* x = find_member(from, "id");
  if (x == nullptr || x->kind != wire::node_kind::text
      || x->text.size() > max_id_bytes)
    return std::nullopt;
  return std::string{x->text};
}

/// What a client sends and nobody reads was a mistake.
template <class T>
caf::error find_unknown(const wire::document& from, const T& example) {
  std::vector<std::string> known{"type"};
  wire::for_each_field<T>(
    example, [&](std::string_view name, auto&) { known.emplace_back(name); });
  for (auto* x = from.first(from.root()); x != nullptr; x = from.next(*x)) {
    if (std::find(known.begin(), known.end(), x->key) != known.end())
      continue;
    auto message =
      std::string{T::wire_name} + " has no member " + wire::excerpt(x->key);
    if (auto near = wire::nearest(x->key.substr(0, 64), known))
      message += "; did you mean " + *near + "?";
    return make_error(ec::invalid_argument, std::move(message));
  }
  return caf::none;
}

caf::error check_id(const std::string& id) {
  if (!id.empty() && id.size() <= max_id_bytes)
    return caf::none;
  return make_error(ec::invalid_argument, "id has " + std::to_string(id.size())
                                            + " bytes; it can have 1 to "
                                            + std::to_string(max_id_bytes));
}

caf::error check(const client_message& what) {
  if (auto err = std::visit([](auto& x) { return check_id(x.id); }, what))
    return err;
  if (auto* x = std::get_if<subscribe>(&what))
    if (x->after && x->latest.value_or(false))
      return make_error(ec::invalid_argument,
                        "subscribe has after and latest; use one of them");
  if (auto* x = std::get_if<credit>(&what))
    if (x->events == 0)
      return make_error(ec::invalid_argument, "events is 0; it is 1 or more");
  return caf::none;
}

} // namespace

std::vector<std::string> protocols() {
  return {"themachine.v1.json", "themachine.v1.msgpack"};
}

dialect dialect_of(std::string_view protocol) {
  return protocol == "themachine.v1.msgpack" ? dialect::msgpack : dialect::json;
}

std::variant<client_message, misread>
read_message(dialect by, const websocket::message& x) {
  auto is_json = by == dialect::json;
  if (is_json != (x.kind == websocket::opcode::text))
    return misread{{},
                   make_error(ec::invalid_argument,
                              is_json ? "a message of themachine.v1.json is "
                                        "text, and this one is binary"
                                      : "a message of themachine.v1.msgpack is "
                                        "binary, and this one is text")};
  auto parsed = is_json
                ? wire::parse_json(x.payload, message_limits)
                : wire::parse_msgpack(as_bytes(x.payload), message_limits);
  if (!parsed)
    return misread{{}, std::move(parsed.error())};
  auto id = id_in(*parsed);
  auto what = wire::from_document<client_message>(
    *parsed, is_json ? wire::format::json : wire::format::msgpack);
  if (!what)
    return misread{std::move(id), std::move(what.error())};
  auto unknown =
    std::visit([&](auto& y) { return find_unknown(*parsed, y); }, *what);
  if (unknown)
    return misread{std::move(id), std::move(unknown)};
  if (auto err = check(*what))
    return misread{std::move(id), std::move(err)};
  return std::move(*what);
}

std::string encode(dialect by, const server_message& what) {
  using websocket::opcode;
  if (by == dialect::json)
    return websocket::encode_frame(opcode::text, wire::to_json(what));
  auto packed = wire::to_msgpack(what);
  return websocket::encode_frame(opcode::binary, as_text(packed));
}

} // namespace machine::gateway::session
