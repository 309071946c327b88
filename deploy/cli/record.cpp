#include "deploy/cli/record.hpp"

#include "actors/costs/money.hpp"
#include "runtime/wire/text.hpp"

#include <charconv>
#include <ctime>

namespace machine::cli {

caf::expected<record> record::parse(std::string text, const std::string& what) {
  auto from = std::make_shared<source>();
  from->text = std::move(text);
  auto parsed = wire::parse_json(from->text, {});
  if (!parsed)
    return with_context(what, parsed.error());
  from->parsed = std::move(*parsed);
  record result;
  result.node_ = &from->parsed.root();
  if (result.node_->kind != wire::node_kind::map)
    return make_error(ec::corrupt,
                      what + ": expected an object, got "
                        + std::string{wire::describe_kind(result.node_->kind)});
  result.from_ = std::move(from);
  return result;
}

const wire::node* record::find(std::string_view key) const {
  if (node_ == nullptr || node_->kind != wire::node_kind::map)
    return nullptr;
  for (auto* i = from_->parsed.first(*node_); i != nullptr;
       i = from_->parsed.next(*i))
    if (i->key == key)
      return i;
  return nullptr;
}

std::string record::text(std::string_view key) const {
  auto* x = find(key);
  if (x == nullptr || x->kind == wire::node_kind::null)
    return {};
  if (x->kind == wire::node_kind::text)
    return std::string{x->text};
  return wire::write_json(from_->parsed, *x);
}

std::string record::money(std::string_view key) const {
  auto digits = text(key);
  micro_usd value = 0;
  auto* end = digits.data() + digits.size();
  if (digits.empty() || std::from_chars(digits.data(), end, value).ptr != end)
    return digits;
  return costs::format_usd(value);
}

std::string record::json() const {
  return node_ ? wire::write_json(from_->parsed, *node_) : "{}";
}

uint64_t record::number(std::string_view key) const {
  auto digits = text(key);
  uint64_t value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

bool record::truth(std::string_view key) const {
  auto* x = find(key);
  return x != nullptr && x->kind == wire::node_kind::boolean && x->truth;
}

std::string record::time(std::string_view key) const {
  auto value = text(key);
  auto read = wire::parse_time(value);
  return read ? format_local_time(*read) : value;
}

std::vector<record> record::list(std::string_view key) const {
  std::vector<record> result;
  auto* x = find(key);
  if (x == nullptr || x->kind != wire::node_kind::list)
    return result;
  for (auto* i = from_->parsed.first(*x); i != nullptr;
       i = from_->parsed.next(*i)) {
    record item;
    item.from_ = from_;
    item.node_ = i;
    result.push_back(std::move(item));
  }
  return result;
}

std::string record::words(std::string_view key) const {
  std::string result;
  auto* x = find(key);
  if (x == nullptr || x->kind != wire::node_kind::list)
    return result;
  for (auto* i = from_->parsed.first(*x); i != nullptr;
       i = from_->parsed.next(*i))
    if (i->kind == wire::node_kind::text)
      result += (result.empty() ? "" : ", ") + std::string{i->text};
  return result;
}

std::vector<std::pair<std::string, std::string>>
record::members(std::string_view key) const {
  std::vector<std::pair<std::string, std::string>> result;
  auto in = part(key);
  if (in.node_ == nullptr || in.node_->kind != wire::node_kind::map)
    return result;
  for (auto* i = from_->parsed.first(*in.node_); i != nullptr;
       i = from_->parsed.next(*i))
    result.emplace_back(i->key, in.text(i->key));
  return result;
}

record record::part(std::string_view key) const {
  record result;
  result.from_ = from_;
  result.node_ = find(key);
  return result;
}

std::string format_local_time(timestamp x) {
  auto seconds = std::chrono::system_clock::to_time_t(x);
  tm parts = {};
  char text[32] = "";
  if (::localtime_r(&seconds, &parts) != nullptr)
    std::strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &parts);
  return text;
}

} // namespace machine::cli
