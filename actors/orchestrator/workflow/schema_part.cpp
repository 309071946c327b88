#include "actors/orchestrator/workflow/schema_part.hpp"

#include "actors/orchestrator/workflow/schema_parts.hpp"
#include "actors/orchestrator/workflow/schema_values.hpp"
#include "runtime/wire/document.hpp"
#include "runtime/wire/nearest.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

namespace machine::orchestrator {

namespace {

using nlohmann::json;
using path = std::span<const path_part>;

/// Bound on the schemas that one path is looked up in.
constexpr size_t max_lookups = 10'000;

constexpr std::array<std::pair<std::string_view, std::string_view>, 7>
  names_of_types{{
    {"string", "text"},
    {"integer", "a number"},
    {"number", "a number"},
    {"boolean", "true or false"},
    {"array", "a list"},
    {"object", "a map"},
    {"null", "null"},
  }};

const json* member(const json& of, const std::string& name) {
  if (!of.is_object())
    return nullptr;
  auto i = of.find(name);
  return i == of.end() ? nullptr : &*i;
}

/// What stands for *schema*: references followed.
const json* resolve(const json& root, const json* schema) {
  for (size_t hops = 0; hops < max_schema_height; ++hops) {
    auto* to = schema ? member(*schema, "$ref") : nullptr;
    if (to == nullptr || !to->is_string())
      return schema;
    schema = resolve_reference(root, to->get_ref<const std::string&>());
  }
  return nullptr;
}

/// Whether *schema* itself allows values of *type*.
bool allows(const json& schema, std::string_view type) {
  auto fits = [&](const json& one) {
    return one == type || (one == "number" && type == "integer")
        || (one == "integer" && type == "number");
  };
  if (auto* named = member(schema, "type")) {
    if (named->is_array())
      return std::any_of(named->begin(), named->end(), fits);
    return fits(*named);
  }
  std::string name{type};
  if (auto* only = member(schema, "const"))
    return has_type(*only, name);
  if (auto* some = member(schema, "enum"); some && some->is_array())
    return std::any_of(some->begin(), some->end(),
                       [&](auto& x) { return has_type(x, name); });
  return true;
}

std::string list_types(const json& schema) {
  std::string result;
  std::string_view last;
  size_t count = 0;
  for (auto& [type, name] : names_of_types) {
    if (!allows(schema, type) || name == last)
      continue;
    last = name;
    ++count;
    result += (result.empty() ? "" : " or ") + std::string{name};
  }
  return count < names_of_types.size() - 1 ? result : "";
}

/// Looks for a path in a schema.
struct walker {
  const json& root;
  size_t work = 0;

  std::optional<std::string> find_fault(const json* schema,
                                        const std::string& before, path rest) {
    if (rest.empty() || ++work > max_lookups)
      return std::nullopt;
    schema = resolve(root, schema);
    if (schema == nullptr || !schema->is_object())
      return std::nullopt;
    if (auto fault = find_own(*schema, before, rest))
      return fault;
    if (auto* all = member(*schema, "allOf"); all && all->is_array())
      for (auto& x : *all)
        if (auto fault = find_fault(&x, before, rest))
          return fault;
    for (auto name : {"anyOf", "oneOf"})
      if (auto* some = member(*schema, name);
          some && some->is_array() && !some->empty())
        if (auto fault = find_in_all(*some, before, rest))
          return fault;
    return std::nullopt;
  }

  /// The schema of what *part* leads to, if it alone decides.
  const json* next(const json& schema, const path_part& part) const {
    if (part.what == path_part::kind::field) {
      auto* properties = member(schema, "properties");
      if (auto* x = properties ? member(*properties, part.name) : nullptr)
        return x;
      return member(schema, "patternProperties")
             ? nullptr
             : member(schema, "additionalProperties");
    }
    if (allows(schema, "object") || allows(schema, "string"))
      return nullptr;
    if (part.what == path_part::kind::slice)
      return &schema;
    return member(schema, "items");
  }

private:
  std::optional<std::string> find_in_all(const json& schemas,
                                         const std::string& before, path rest) {
    std::optional<std::string> first;
    for (auto& x : schemas) {
      auto fault = find_fault(&x, before, rest);
      if (!fault)
        return std::nullopt;
      if (!first)
        first = std::move(fault);
    }
    return first;
  }

  std::optional<std::string> find_own(const json& schema,
                                      const std::string& before, path rest) {
    auto& part = rest[0];
    auto allows_any = [&](std::initializer_list<std::string_view> of) {
      return std::any_of(of.begin(), of.end(),
                         [&](auto type) { return allows(schema, type); });
    };
    auto is = before + " is " + list_types(schema) + ", ";
    switch (part.what) {
      case path_part::kind::field:
        if (!allows_any({"object", "null"}))
          return is + "which has no ." + part.name;
        break;
      case path_part::kind::element:
        if (!allows_any({"array", "null"}))
          return is + "which has no element of a number";
        break;
      case path_part::kind::all:
        if (!allows_any({"array", "object"}))
          return is + "which has no elements";
        break;
      case path_part::kind::slice:
        if (!allows_any({"array", "string", "null"}))
          return is + "of which there are no slices";
        break;
    }
    auto* into = next(schema, part);
    if (into == nullptr)
      return std::nullopt;
    auto name = before + spell({part});
    if (part.what == path_part::kind::field && into->is_boolean()
        && !into->get<bool>())
      return "there is no " + name + suggest_member(schema, part.name);
    return find_fault(into, name, rest.subspan(1));
  }

  static std::string suggest_member(const json& schema,
                                    const std::string& name) {
    std::vector<std::string> known;
    if (auto* properties = member(schema, "properties"))
      for (auto& [key, value] : properties->items())
        known.push_back(key);
    if (auto near = wire::nearest(name.substr(0, 80), known))
      return "; did you mean " + *near + "?";
    std::string list;
    for (size_t i = 0; i < std::min<size_t>(known.size(), 10); ++i)
      list += (list.empty() ? "; there are " : ", ") + known[i];
    return list;
  }
};

} // namespace

schema_part::schema_part(const json_text& schema) {
  // The bounds are those of every document; nlohmann has none of its own.
  if (!wire::parse_json(schema.text, {}))
    return;
  auto parsed = json::parse(schema.text, nullptr, false);
  if (!parsed.is_object() || !find_schema_fault(parsed).empty())
    return;
  root_ = std::make_shared<const json>(std::move(parsed));
  here_ = resolve(*root_, root_.get());
}

schema_part::schema_part(std::shared_ptr<const json> root, const json* here)
    : root_(std::move(root)), here_(here) {}

std::optional<std::string> schema_part::find_fault(const std::string& before,
                                                   path way) const {
  if (here_ == nullptr)
    return std::nullopt;
  return walker{*root_}.find_fault(here_, before, way);
}

schema_part schema_part::follow(path way) const {
  auto* at = here_;
  for (auto& part : way) {
    if (at == nullptr || !at->is_object())
      return {};
    at = resolve(*root_, walker{*root_}.next(*at, part));
  }
  return at != nullptr && at->is_object() ? schema_part{root_, at}
                                          : schema_part{};
}

bool schema_part::may_be(std::string_view type) const {
  return here_ == nullptr || !here_->is_object() || allows(*here_, type);
}

std::string schema_part::describe() const {
  return here_ == nullptr || !here_->is_object() ? "" : list_types(*here_);
}

std::vector<std::string> schema_part::names() const {
  std::vector<std::string> result;
  auto* properties = here_ ? member(*here_, "properties") : nullptr;
  if (properties != nullptr && properties->is_object())
    for (auto& [key, value] : properties->items())
      result.push_back(key);
  return result;
}

bool schema_part::is_closed() const {
  auto* more = here_ ? member(*here_, "additionalProperties") : nullptr;
  return more != nullptr && more->is_boolean() && !more->get<bool>()
      && member(*here_, "patternProperties") == nullptr;
}

std::vector<std::string> schema_part::required() const {
  std::vector<std::string> result;
  auto* names = here_ ? member(*here_, "required") : nullptr;
  if (names == nullptr || !names->is_array())
    return result;
  auto* properties = member(*here_, "properties");
  for (auto& x : *names) {
    if (!x.is_string())
      continue;
    auto& name = x.get_ref<const std::string&>();
    auto* one = properties ? member(*properties, name) : nullptr;
    if (one == nullptr || member(*one, "default") == nullptr)
      result.push_back(name);
  }
  return result;
}

caf::expected<void> schema_part::check(const json_text& value) const {
  if (here_ == nullptr || !wire::parse_json(value.text, {}))
    return caf::unit;
  return validate_value(*root_, *here_, json::parse(value.text));
}

bool is_same_json(const json_text& a, const json_text& b) {
  if (!wire::parse_json(a.text, {}) || !wire::parse_json(b.text, {}))
    return a == b;
  return json::parse(a.text) == json::parse(b.text);
}

} // namespace machine::orchestrator
