#include "actors/orchestrator/workflow/schema_parts.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <set>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace machine::orchestrator {

namespace {

using nlohmann::json;

constexpr std::array<std::string_view, 7> types{
  "null", "boolean", "integer", "number", "string", "array", "object"};

using words = std::set<std::string, std::less<>>;

const words numbers{"maximum", "minimum", "exclusiveMaximum",
                    "exclusiveMinimum"};

const words counts{"maxLength", "minLength",     "maxItems",
                   "minItems",  "maxProperties", "minProperties"};

const words flags{"uniqueItems"};

/// Hold a schema for what is inside of the value.
const words inner{"additionalItems", "contains", "propertyNames",
                  "additionalProperties"};

/// Hold schemas by name.
const words inner_maps{"properties", "patternProperties", "definitions",
                       "$defs"};

/// Hold a schema for the value itself.
const words same{"not", "if", "then", "else"};

const words same_lists{"allOf", "anyOf", "oneOf"};

bool is_type(const json& x) {
  return x.is_string()
      && std::find(types.begin(), types.end(), x.get_ref<const std::string&>())
           != types.end();
}

bool are_texts(const json& x) {
  return x.is_array() && std::all_of(x.begin(), x.end(), [](auto& item) {
           return item.is_string();
         });
}

bool is_count(const json& x) {
  return x.is_number_unsigned()
      || (x.is_number() && x.get<double>() >= 0
          && std::floor(x.get<double>()) == x.get<double>());
}

std::string excerpt(const json& x) {
  auto text = x.dump(-1, ' ', true, json::error_handler_t::replace);
  return text.size() > 64 ? text.substr(0, 61) + "..." : text;
}

/// Looks at every schema that can apply, once each.
class schema_checker {
public:
  explicit schema_checker(const json& root) : root_(root) {
    open_.push_back(&root);
  }

  std::string run() {
    while (!open_.empty() && problem_.empty()) {
      auto* next = open_.back();
      open_.pop_back();
      if (seen_.insert(next).second)
        look(*next);
    }
    if (problem_.empty())
      for (auto* x : seen_)
        if (height(x, 0) > max_schema_height) {
          problem_ = "refers to itself, or through more than "
                   + std::to_string(max_schema_height)
                   + " schemas, without going into properties or items";
          break;
        }
    return std::move(problem_);
  }

private:
  void look(const json& x) {
    if (x.is_boolean())
      return;
    if (!x.is_object()) {
      problem_ = "has " + excerpt(x) + " where a schema belongs, such as "
               + R"({"type": "string"})";
      return;
    }
    // A reference stands for all of its schema (draft 7, 8.3).
    if (auto to = x.find("$ref"); to != x.end()) {
      follow(x, *to);
      return;
    }
    for (auto& [key, rule] : x.items())
      keyword(x, key, rule);
  }

  void follow(const json& x, const json& to) {
    if (!to.is_string())
      return expect("$ref", "text", to);
    auto& name = to.get_ref<const std::string&>();
    if (!name.starts_with('#')) {
      problem_ = "refers to another document: " + name.substr(0, 200);
      return;
    }
    if (auto* target = resolve_reference(root_, name))
      apply_same(x, *target);
    else
      problem_ = "refers to " + name.substr(0, 200) + ", which it has not";
  }

  void keyword(const json& x, const std::string& key, const json& rule) {
    if (key == "type") {
      auto good = rule.is_array()
                  ? std::all_of(rule.begin(), rule.end(), is_type)
                  : is_type(rule);
      if (!good)
        expect(key,
               "one or a list of null, boolean, integer, number, string, "
               "array, object",
               rule);
    } else if (numbers.contains(key)) {
      if (!rule.is_number())
        expect(key, "a number", rule);
    } else if (key == "multipleOf") {
      if (!rule.is_number() || rule.get<double>() <= 0)
        expect(key, "a number above 0", rule);
    } else if (counts.contains(key)) {
      if (!is_count(rule))
        expect(key, "a whole number from 0", rule);
    } else if (flags.contains(key)) {
      if (!rule.is_boolean())
        expect(key, "true or false", rule);
    } else if (key == "enum") {
      if (!rule.is_array())
        expect(key, "a list", rule);
    } else if (key == "required") {
      if (!are_texts(rule))
        expect(key, "a list of names", rule);
    } else if (key == "pattern") {
      if (rule.is_string())
        pattern(rule.get_ref<const std::string&>());
      else
        expect(key, "text", rule);
    } else if (key == "items") {
      if (rule.is_array())
        open_all(rule);
      else
        open_.push_back(&rule);
    } else if (inner.contains(key)) {
      open_.push_back(&rule);
    } else if (inner_maps.contains(key)) {
      if (!rule.is_object())
        return expect(key, "a map of names to schemas", rule);
      open_all(rule);
      if (key == "patternProperties")
        for (auto& [name, ignored] : rule.items())
          pattern(name);
    } else if (same.contains(key)) {
      apply_same(x, rule);
    } else if (same_lists.contains(key)) {
      if (!rule.is_array() || rule.empty())
        return expect(key, "a list of schemas", rule);
      for (auto& item : rule)
        apply_same(x, item);
    } else if (key == "dependencies") {
      if (!rule.is_object())
        return expect(key, "a map of names to names or schemas", rule);
      for (auto& item : rule)
        if (!are_texts(item))
          apply_same(x, item);
    }
  }

  void open_all(const json& schemas) {
    for (auto& x : schemas)
      open_.push_back(&x);
  }

  void apply_same(const json& from, const json& to) {
    open_.push_back(&to);
    same_[&from].push_back(&to);
  }

  void pattern(const std::string& text) {
    if (text.size() > max_pattern)
      problem_ = "has a pattern of more than 256 bytes";
    else if (auto compiled = compile_pattern(text); !compiled->ok())
      problem_ = "has the pattern " + text
               + ", which is none that we can use (RE2: no references back, "
                 "no looking ahead): "
               + compiled->error();
  }

  void expect(const std::string& key, const std::string& what,
              const json& got) {
    problem_ =
      "has a wrong " + key + ": expected " + what + ", got " + excerpt(got);
  }

  /// The longest chain of schemas for one value that begins at *x*.
  size_t height(const json* x, size_t depth) {
    if (depth > max_schema_height)
      return depth;
    if (auto known = heights_.find(x); known != heights_.end())
      return known->second;
    size_t result = 0;
    if (auto next = same_.find(x); next != same_.end())
      for (auto* y : next->second)
        result = std::max(result, 1 + height(y, depth + 1));
    return heights_[x] = result;
  }

  const json& root_;
  std::string problem_;
  std::vector<const json*> open_;
  std::unordered_set<const json*> seen_;
  std::unordered_map<const json*, std::vector<const json*>> same_;
  std::unordered_map<const json*, size_t> heights_;
};

} // namespace

std::unique_ptr<RE2> compile_pattern(const std::string& pattern) {
  RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(8 << 20);
  return std::make_unique<RE2>(pattern, options);
}

const json* resolve_reference(const json& root, const std::string& reference) {
  try {
    json::json_pointer where{reference.substr(1)};
    return root.contains(where) ? &root.at(where) : nullptr;
  } catch (const json::exception&) {
    return nullptr;
  }
}

std::string find_schema_fault(const json& schema) {
  return schema_checker{schema}.run();
}

} // namespace machine::orchestrator
