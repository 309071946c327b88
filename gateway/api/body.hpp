#pragma once

#include "gateway/http/exchange.hpp"
#include "runtime/wire/nearest.hpp"
#include "runtime/wire/wire.hpp"

#include <algorithm>

namespace machine::gateway {

/// What is read of the body of a request: each item takes some fifty bytes.
constexpr wire::limits body_limits{
  .max_bytes = 16u << 20, .max_depth = 64, .max_items = 100'000};

/// Fails with `invalid_argument` for a member of *body* that a *T* does not
/// have. Who reads stored data skips such members, for a later version may have
/// written them; what a client sends and nobody reads was a mistake.
template <class T>
caf::error find_unknown_member(const wire::document& body) {
  std::vector<std::string> known;
  T example{};
  wire::for_each_field<T>(
    example, [&](std::string_view name, auto&) { known.emplace_back(name); });
  for (auto* x = body.first(body.root()); x != nullptr; x = body.next(*x)) {
    if (std::find(known.begin(), known.end(), x->key) != known.end())
      continue;
    auto message = std::string{T::wire_name} + " has no member "
                 + std::string{x->key.substr(0, 100)};
    if (auto near = wire::nearest(x->key, known))
      message += "; did you mean " + *near + "?";
    else
      message += ".";
    message += " It can have:";
    for (auto& name : known)
      message += " " + name;
    return make_error(ec::invalid_argument, std::move(message));
  }
  return caf::none;
}

/// What *text*, which a client has sent, says. Fails with `invalid_argument`
/// and the place of what is wrong with it.
template <class T>
caf::expected<T> read_body(std::string_view text) {
  auto parsed = wire::parse_json(text, body_limits);
  if (!parsed)
    return std::move(parsed.error());
  if (parsed->root().kind == wire::node_kind::map)
    if (auto err = find_unknown_member<T>(*parsed))
      return err;
  return wire::from_document<T>(*parsed, wire::format::json);
}

/// The same of the body of a request.
template <class T>
caf::expected<T> body_of(const http_request& request) {
  return read_body<T>(request.body);
}

/// Whether the body of a request, which reads, names the member *key*: one that
/// is null is another matter than one that is missing.
inline bool names_member(const http_request& request, std::string_view key) {
  auto parsed = wire::parse_json(request.body, body_limits);
  if (!parsed)
    return false;
  for (auto* x = parsed->first(parsed->root()); x != nullptr;
       x = parsed->next(*x))
    if (x->key == key)
      return true;
  return false;
}

} // namespace machine::gateway
