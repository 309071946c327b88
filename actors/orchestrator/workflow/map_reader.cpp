#include "actors/orchestrator/workflow/map_reader.hpp"

#include "actors/costs/money.hpp"
#include "actors/orchestrator/workflow/times.hpp"
#include "runtime/wire/nearest.hpp"

#include <charconv>
#include <sstream>

namespace machine::orchestrator {

namespace {

std::string kind_of(const source_node& x) {
  switch (x.what) {
    case source_node::kind::map: return "a map";
    case source_node::kind::list: return "a list";
    case source_node::kind::scalar: return "\"" + x.text.substr(0, 64) + "\"";
    default: return "nothing";
  }
}

} // namespace

map_reader::map_reader(const source_node& from, std::string what, problems& out)
    : from_(from), what_(std::move(what)), out_(out) {
  if (!from.is_map()) {
    out_.add(from.where, what_ + ": expected a map, got " + kind_of(from));
    return;
  }
  for (auto& item : from.members)
    members_.emplace(item.key, &item);
}

place map_reader::where(const std::string& key) const {
  auto i = members_.find(key);
  return i == members_.end() ? where() : i->second->where;
}

const source_node& map_reader::take(const std::string& key) {
  static const source_node none;
  taken_.insert(key);
  auto i = members_.find(key);
  return i == members_.end() ? none : i->second->value;
}

void map_reader::expect(const std::string& key, const std::string& what) {
  out_.add(where(key), what_ + ": " + key + ": expected " + what + ", got "
                         + kind_of(members_.at(key)->value));
}

std::string map_reader::text(const std::string& key, std::string usual) {
  return optional_text(key).value_or(std::move(usual));
}

std::optional<std::string> map_reader::optional_text(const std::string& key) {
  auto& x = take(key);
  if (!has(key))
    return std::nullopt;
  if (x.is_scalar())
    return x.text;
  expect(key, "text");
  return std::nullopt;
}

uint32_t map_reader::number(const std::string& key, uint32_t usual,
                            uint32_t low, uint32_t high) {
  auto& x = take(key);
  if (!has(key))
    return usual;
  uint32_t value = 0;
  if (x.is_scalar()) {
    auto& text = x.text;
    auto end = text.data() + text.size();
    auto [stop, code] = std::from_chars(text.data(), end, value);
    if (code == std::errc{} && stop == end && value >= low && value <= high)
      return value;
  }
  expect(key, "a whole number from " + std::to_string(low) + " to "
                + std::to_string(high));
  return usual;
}

double map_reader::real(const std::string& key, double usual, double low,
                        double high) {
  auto& x = take(key);
  if (!has(key))
    return usual;
  double value = 0;
  if (x.is_scalar() && is_number(x.text)) {
    auto& text = x.text;
    std::from_chars(text.data(), text.data() + text.size(), value);
    if (value >= low && value <= high)
      return value;
  }
  std::ostringstream bounds;
  bounds << "a number from " << low << " to " << high;
  expect(key, bounds.str());
  return usual;
}

std::optional<duration> map_reader::time(const std::string& key) {
  auto& x = take(key);
  if (!has(key))
    return std::nullopt;
  if (x.is_scalar())
    if (auto value = parse_duration(x.text))
      return value;
  expect(key, "a length of time such as 250ms, 10s, 5m or 2h");
  return std::nullopt;
}

std::optional<micro_usd> map_reader::money(const std::string& key) {
  auto& x = take(key);
  if (!has(key))
    return std::nullopt;
  if (x.is_scalar())
    if (auto value = costs::parse_usd(x.text))
      return *value;
  expect(key, "an amount of dollars such as 0.50");
  return std::nullopt;
}

std::optional<duration> map_reader::positive_time(const std::string& key) {
  auto value = time(key);
  if (value && value->count() == 0)
    out_.add(where(key), what_ + ": " + key
                           + " is 0, so that it would always have passed; "
                             "give it a longer time or leave it out");
  return value;
}

std::vector<std::string> map_reader::texts(const std::string& key) {
  std::vector<std::string> result;
  auto& x = take(key);
  if (!has(key))
    return result;
  if (x.is_scalar())
    return {x.text};
  if (!x.is_list()) {
    expect(key, "a list of texts");
    return result;
  }
  for (auto& item : x.items) {
    if (item.is_scalar())
      result.push_back(item.text);
    else
      out_.add(item.where,
               what_ + ": " + key + ": expected text, got " + kind_of(item));
  }
  return result;
}

bool map_reader::flag(const std::string& key, bool usual) {
  auto& x = take(key);
  if (!has(key))
    return usual;
  if (x.is_scalar() && (x.text == "true" || x.text == "false"))
    return x.text == "true";
  expect(key, "true or false");
  return usual;
}

std::optional<json_text> map_reader::schema(const std::string& key) {
  auto& x = take(key);
  return has(key) ? std::optional{to_json(x)} : std::nullopt;
}

std::optional<json_text> map_reader::document(const std::string& key) {
  auto& x = take(key);
  return has(key) ? std::optional{to_json(x, member_order::by_key)}
                  : std::nullopt;
}

void map_reader::require(const std::string& key) {
  if (is_map() && !has(key))
    complain(key, key + " is missing");
}

void map_reader::complain(const std::string& key, const std::string& what) {
  out_.add(where(key), what_ + ": " + what);
}

void map_reader::finish() {
  std::vector<std::string> known{taken_.begin(), taken_.end()};
  for (auto& [key, value] : members_) {
    if (taken_.contains(key))
      continue;
    auto shown = key.substr(0, 80);
    auto near = wire::nearest(shown, known);
    std::string list;
    for (auto& name : known)
      list += (list.empty() ? "" : ", ") + name;
    out_.add(where(key), what_ + ": unknown key " + shown
                           + (near ? "; did you mean " + *near + "?"
                                   : "; known are " + list));
  }
}

} // namespace machine::orchestrator
