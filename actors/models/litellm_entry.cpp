#include "actors/models/litellm_entry.hpp"

#include "actors/costs/decimal.hpp"

#include <algorithm>

namespace machine::models {

namespace {

/// The text of a number, or of a text that should be one.
std::optional<std::string> number_text(const wire::node& x) {
  using enum wire::node_kind;
  switch (x.kind) {
    case integer: return std::to_string(x.integer);
    case unsigned_integer: return std::to_string(x.unsigned_integer);
    case real:
    case text: return std::string{x.text};
    default: return std::nullopt;
  }
}

} // namespace

list_entry::list_entry(const wire::document& in, const wire::node& of)
    : in_(in) {
  for (auto* x = in.first(of); x != nullptr; x = in.next(*x))
    left_.emplace(x->key, x);
}

const wire::node* list_entry::take(std::string_view name) {
  auto i = left_.find(name);
  if (i == left_.end())
    return nullptr;
  auto* x = i->second;
  left_.erase(i);
  return x->kind == wire::node_kind::null ? nullptr : x;
}

std::optional<std::string> list_entry::text(std::string_view name) {
  auto* x = take(name);
  if (x == nullptr || x->kind != wire::node_kind::text)
    return std::nullopt;
  return std::string{x->text};
}

std::vector<std::string> list_entry::texts(std::string_view name) {
  std::vector<std::string> result;
  auto* list = take(name);
  if (list != nullptr && list->kind == wire::node_kind::list)
    for (auto* x = in_.first(*list); x != nullptr; x = in_.next(*x))
      if (x->kind == wire::node_kind::text)
        result.emplace_back(x->text);
  return result;
}

bool list_entry::flag(std::string_view name) {
  auto* x = take(name);
  return x != nullptr && x->kind == wire::node_kind::boolean && x->truth;
}

bool list_entry::denies(std::string_view name) {
  auto* x = take(name);
  return x != nullptr && x->kind == wire::node_kind::boolean && !x->truth;
}

std::optional<uint64_t> list_entry::count(std::string_view name,
                                          uint64_t most) {
  auto* x = take(name);
  auto text = x != nullptr ? number_text(*x) : std::nullopt;
  auto value = text ? costs::scale_decimal(*text, 0) : std::nullopt;
  if (!value || value->value < 1)
    return std::nullopt;
  return std::min<uint64_t>(static_cast<uint64_t>(value->value), most);
}

std::optional<micro_usd> list_entry::amount(std::string_view name, int power) {
  auto* x = take(name);
  if (x == nullptr)
    return std::nullopt;
  auto text = number_text(*x);
  auto value = text ? costs::scale_decimal(*text, power) : std::nullopt;
  if (value) {
    rounded_ = rounded_ || value->rounded;
    return value->value;
  }
  if (wrong_.empty())
    wrong_ = std::string{name};
  return std::nullopt;
}

std::optional<micro_usd> list_entry::per_token(std::string_view name) {
  // A million tokens, and a million micro-dollars a dollar.
  return amount(name, 12);
}

std::optional<micro_usd> list_entry::per_call(std::string_view name) {
  return amount(name, 6);
}

bool list_entry::costs(std::string_view name) {
  return amount(name, 6).value_or(0) > 0;
}

std::map<std::string, micro_usd>
list_entry::per_token_beginning(std::string_view name) {
  std::vector<std::string> names;
  for (auto i = left_.lower_bound(name);
       i != left_.end() && i->first.starts_with(name); ++i)
    names.emplace_back(i->first);
  std::map<std::string, micro_usd> result;
  for (auto& x : names)
    if (auto value = per_token(x))
      result.emplace(x.substr(name.size()), *value);
  return result;
}

} // namespace machine::models
