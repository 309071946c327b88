#include "gateway/proxy/value.hpp"

#include <algorithm>
#include <charconv>

namespace machine::gateway::proxy {

using wire::node_kind;

namespace {

/// A number for a message, as people write it.
std::string spell(double x) {
  char digits[32];
  auto end = std::to_chars(digits, digits + sizeof digits, x).ptr;
  return {digits, end};
}

} // namespace

void value::append_path(std::string& to, bool with_numbers) const {
  if (outer_ == nullptr)
    return;
  outer_->append_path(to, with_numbers);
  if (index_ != none) {
    if (with_numbers)
      to += "[" + std::to_string(index_) + "]";
    return;
  }
  if (!to.empty())
    to += '.';
  to += wire::excerpt(key());
}

std::string value::path() const {
  std::string result;
  append_path(result, true);
  return result;
}

std::string value::plain_path() const {
  std::string result;
  append_path(result, false);
  return result;
}

caf::error value::wrong(std::string_view what) const {
  auto where = path();
  return make_error(ec::invalid_argument, (where.empty() ? "the body" : where)
                                            + ": " + std::string{what});
}

caf::expected<std::string_view> value::text() const {
  if (!is_text())
    return wrong("this has to be a string, and is "
                 + std::string{wire::describe_kind(what_->kind)});
  return what_->text;
}

caf::expected<std::string_view> value::text(size_t most) const {
  auto result = text();
  if (result && result->size() > most)
    return wrong("this has " + std::to_string(result->size())
                 + " bytes; it may have at most " + std::to_string(most));
  return result;
}

caf::expected<bool> value::truth() const {
  if (what_->kind != node_kind::boolean)
    return wrong("this has to be true or false");
  return what_->truth;
}

caf::expected<double> value::number(double least, double most) const {
  auto is_integer = what_->kind == node_kind::integer;
  auto x = is_integer ? static_cast<double>(what_->integer) : what_->real;
  if ((!is_integer && what_->kind != node_kind::real) || x < least || x > most)
    return wrong("this has to be a number from " + spell(least) + " to "
                 + spell(most));
  return x;
}

caf::expected<int64_t> value::integer() const {
  if (what_->kind != node_kind::integer)
    return wrong("this has to be an integer of at most 64 bits");
  return what_->integer;
}

caf::expected<uint64_t> value::count(uint64_t least, uint64_t most) const {
  if (what_->kind != node_kind::integer || what_->integer < 0
      || static_cast<uint64_t>(what_->integer) < least
      || static_cast<uint64_t>(what_->integer) > most)
    return wrong("this has to be an integer from " + std::to_string(least)
                 + " to " + std::to_string(most));
  return static_cast<uint64_t>(what_->integer);
}

caf::expected<json_text> value::object() const {
  if (!is_object())
    return wrong("this has to be an object");
  return json_text{std::string{what_->text}};
}

caf::expected<std::string_view>
value::one_of(std::initializer_list<std::string_view> names) const {
  if (is_text())
    for (auto name : names)
      if (what_->text == name)
        return name;
  std::string known;
  for (auto name : names)
    known += (known.empty() ? "" : ", ") + std::string{name};
  return wrong("this has to be one of: " + known);
}

std::string value::json() const {
  if ((is_list() || is_object()) && !what_->text.empty())
    return std::string{what_->text};
  return wire::write_json(*of_, *what_);
}

std::optional<value> value::member(std::string_view name) const {
  if (!is_object())
    return std::nullopt;
  for (auto* x = of_->first(*what_); x != nullptr; x = of_->next(*x))
    if (x->key == name && x->kind != node_kind::null)
      return value{*this, *x, none};
  return std::nullopt;
}

caf::expected<value> value::required(std::string_view name) const {
  if (!is_object())
    return wrong("this has to be an object");
  auto found = member(name);
  if (found)
    return *found;
  auto where = path();
  return make_error(ec::invalid_argument, (where.empty() ? "" : where + ".")
                                            + std::string{name}
                                            + ": this is missing");
}

caf::expected<std::string_view> value::type() const {
  auto found = required("type");
  if (!found)
    return found.error();
  return found->text();
}

} // namespace machine::gateway::proxy
