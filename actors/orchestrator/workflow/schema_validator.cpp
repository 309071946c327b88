#include "actors/orchestrator/workflow/schema_parts.hpp"
#include "actors/orchestrator/workflow/schema_values.hpp"
#include "runtime/wire/nearest.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <type_traits>
#include <unordered_map>
#include <vector>

namespace machine::orchestrator {

namespace {

using nlohmann::json;

/// Bound on the schemas and values that are looked at. Combinations of
/// combinations grow exponentially.
constexpr size_t max_work = 500'000;

constexpr size_t max_depth = 1'000;

constexpr size_t max_problems = 3;

/// Whether problems are written down or only counted.
enum class voice : uint8_t { loud, quiet };

class validator {
public:
  explicit validator(const json& root) : root_(root) {}

  caf::expected<void> run(const json& schema, const json& value) {
    auto good = check(schema, value, voice::loud);
    if (exhausted_)
      return make_error(ec::limit_exceeded,
                        "the value cannot be checked: schema and value "
                        "together take more than "
                          + std::to_string(max_work)
                          + " steps; make the schema simpler");
    if (!good)
      return make_error(ec::invalid_argument, std::move(message_));
    return caf::unit;
  }

private:
  using rule_check = bool (validator::*)(const json& schema, const json& rule,
                                         const json& value, voice how);

  bool check(const json& schema, const json& value, voice how) {
    if (schema.is_boolean())
      return schema.get<bool>() || fail(how, "nothing is allowed here");
    if (!work(1))
      return false;
    if (depth_ >= max_depth) {
      exhausted_ = true;
      return false;
    }
    ++depth_;
    auto good = check_object(schema, value, how);
    --depth_;
    return good;
  }

  bool check_object(const json& schema, const json& value, voice how) {
    if (auto to = schema.find("$ref"); to != schema.end()) {
      auto* target =
        resolve_reference(root_, to->get_ref<const std::string&>());
      return target == nullptr || check(*target, value, how);
    }
    auto good = true;
    for (auto& [key, rule] : schema.items()) {
      auto known = rules().find(key);
      if (known == rules().end())
        continue;
      good &= (this->*known->second)(schema, rule, value, how);
      // Who only wants to know whether it holds, knows.
      if (exhausted_ || (!good && how == voice::quiet))
        return false;
    }
    return good;
  }

  bool work(size_t more) {
    done_ += more;
    exhausted_ |= done_ > max_work;
    return !exhausted_;
  }

  bool fail(voice how, const std::string& what) {
    if (how == voice::loud && problems_++ < max_problems)
      message_ += (message_.empty() ? "" : "; ")
                + (place_.empty() ? std::string{"the value"} : place_) + ": "
                + what;
    return false;
  }

  template <class Key>
  bool inside(const json& schema, const json& value, const Key& key,
              voice how) {
    auto size = place_.size();
    if (how == voice::loud) {
      if constexpr (std::is_same_v<Key, std::string>)
        place_ += "/" + key.substr(0, 64);
      else
        place_ += "/" + std::to_string(key);
    }
    auto good = check(schema, value, how);
    place_.resize(size);
    return good;
  }

  bool matches(const std::string& pattern, const std::string& text) {
    if (!work(1 + text.size() / 256))
      return false;
    auto& compiled = patterns_[pattern];
    if (compiled == nullptr)
      compiled = compile_pattern(pattern);
    return RE2::PartialMatch(text, *compiled);
  }

  bool type(const json&, const json& rule, const json& value, voice how) {
    auto good = rule.is_array()
                ? std::any_of(rule.begin(), rule.end(),
                              [&](auto& x) { return has_type(value, x); })
                : has_type(value, rule.get_ref<const std::string&>());
    return good
        || fail(how, "expected " + excerpt(rule) + ", got " + excerpt(value));
  }

  bool enumeration(const json&, const json& rule, const json& value,
                   voice how) {
    return (work(rule.size())
            && std::find(rule.begin(), rule.end(), value) != rule.end())
        || fail(how,
                "expected one of " + excerpt(rule) + ", got " + excerpt(value));
  }

  bool constant(const json&, const json& rule, const json& value, voice how) {
    return value == rule
        || fail(how, "expected " + excerpt(rule) + ", got " + excerpt(value));
  }

  template <class Holds>
  bool number(const json& rule, const json& value, voice how,
              std::string_view what, Holds holds) {
    return !value.is_number() || holds(value, rule)
        || fail(how, "expected a number " + std::string{what} + " "
                       + excerpt(rule) + ", got " + excerpt(value));
  }

  bool maximum(const json&, const json& rule, const json& value, voice how) {
    return number(rule, value, how, "of at most", std::less_equal<>{});
  }

  bool minimum(const json&, const json& rule, const json& value, voice how) {
    return number(rule, value, how, "of at least", std::greater_equal<>{});
  }

  bool below(const json&, const json& rule, const json& value, voice how) {
    return number(rule, value, how, "below", std::less<>{});
  }

  bool above(const json&, const json& rule, const json& value, voice how) {
    return number(rule, value, how, "above", std::greater<>{});
  }

  bool multiple(const json&, const json& rule, const json& value, voice how) {
    return number(rule, value, how, "that is a multiple of", is_multiple);
  }

  bool at_most(const json& rule, size_t is, std::string_view of, voice how) {
    return static_cast<double>(is) <= rule.get<double>()
        || fail(how, "has " + std::to_string(is) + " " + std::string{of}
                       + "; at most " + rule.dump() + " are allowed");
  }

  bool at_least(const json& rule, size_t is, std::string_view of, voice how) {
    return static_cast<double>(is) >= rule.get<double>()
        || fail(how, "has " + std::to_string(is) + " " + std::string{of}
                       + "; at least " + rule.dump() + " are needed");
  }

  bool max_length(const json&, const json& rule, const json& value, voice how) {
    return !value.is_string()
        || at_most(rule, length(value.get_ref<const std::string&>()),
                   "characters", how);
  }

  bool min_length(const json&, const json& rule, const json& value, voice how) {
    return !value.is_string()
        || at_least(rule, length(value.get_ref<const std::string&>()),
                    "characters", how);
  }

  bool max_items(const json&, const json& rule, const json& value, voice how) {
    return !value.is_array() || at_most(rule, value.size(), "items", how);
  }

  bool min_items(const json&, const json& rule, const json& value, voice how) {
    return !value.is_array() || at_least(rule, value.size(), "items", how);
  }

  bool max_members(const json&, const json& rule, const json& value,
                   voice how) {
    return !value.is_object() || at_most(rule, value.size(), "members", how);
  }

  bool min_members(const json&, const json& rule, const json& value,
                   voice how) {
    return !value.is_object() || at_least(rule, value.size(), "members", how);
  }

  bool pattern(const json&, const json& rule, const json& value, voice how) {
    if (!value.is_string())
      return true;
    auto& wanted = rule.get_ref<const std::string&>();
    return matches(wanted, value.get_ref<const std::string&>())
        || fail(how, "does not match the pattern " + wanted);
  }

  bool format(const json&, const json& rule, const json& value, voice how) {
    if (!value.is_string() || !rule.is_string())
      return true;
    auto& text = value.get_ref<const std::string&>();
    auto& wanted = rule.get_ref<const std::string&>();
    return has_format(text, wanted)
        || fail(how, excerpt(value) + " is no " + wanted);
  }

  bool unique(const json&, const json& rule, const json& value, voice how) {
    if (!value.is_array() || !rule.get<bool>() || !work(16 * value.size()))
      return !exhausted_;
    std::vector<const json*> sorted;
    for (auto& x : value)
      sorted.push_back(&x);
    std::sort(sorted.begin(), sorted.end(),
              [](auto* x, auto* y) { return *x < *y; });
    auto twin = std::adjacent_find(sorted.begin(), sorted.end(),
                                   [](auto* x, auto* y) { return *x == *y; });
    return twin == sorted.end()
        || fail(how, "has " + excerpt(**twin) + " twice");
  }

  bool items(const json& schema, const json& rule, const json& value,
             voice how) {
    if (!value.is_array())
      return true;
    auto more = schema.find("additionalItems");
    auto good = true;
    for (size_t i = 0; i < value.size() && !exhausted_; ++i) {
      if (!rule.is_array())
        good &= inside(rule, value[i], i, how);
      else if (i < rule.size())
        good &= inside(rule[i], value[i], i, how);
      else if (more != schema.end())
        good &= inside(*more, value[i], i, how);
    }
    return good;
  }

  bool contains(const json&, const json& rule, const json& value, voice how) {
    return !value.is_array()
        || std::any_of(value.begin(), value.end(),
                       [&](auto& x) { return check(rule, x, voice::quiet); })
        || fail(how, "has no item that it needs");
  }

  bool required(const json&, const json& rule, const json& value, voice how) {
    if (!value.is_object())
      return true;
    auto good = true;
    for (auto& name : rule)
      if (work(1) && !value.contains(name.get_ref<const std::string&>()))
        good = fail(how, "is without " + name.get<std::string>());
    return good;
  }

  bool properties(const json&, const json& rule, const json& value, voice how) {
    if (!value.is_object())
      return true;
    auto good = true;
    for (auto& [name, property] : rule.items())
      if (auto there = value.find(name); work(1) && there != value.end())
        good &= inside(property, *there, name, how);
    return good;
  }

  bool pattern_properties(const json&, const json& rule, const json& value,
                          voice how) {
    if (!value.is_object())
      return true;
    auto good = true;
    for (auto& [wanted, property] : rule.items())
      for (auto& [name, member] : value.items())
        if (matches(wanted, name))
          good &= inside(property, member, name, how);
    return good;
  }

  bool fail_unknown(voice how, const std::string& name, const json& schema) {
    // A hint is dear where thousands of names are wrong and nobody reads it.
    if (how == voice::quiet || problems_ >= max_problems)
      return fail(how, "");
    std::vector<std::string> known;
    if (auto named = schema.find("properties"); named != schema.end())
      for (auto& [other, ignored] : named->items())
        known.push_back(other);
    auto near = wire::nearest(name, known);
    return fail(how, "has the unknown " + name
                       + (near ? "; did you mean " + *near + "?" : ""));
  }

  bool additional_properties(const json& schema, const json& rule,
                             const json& value, voice how) {
    if (!value.is_object())
      return true;
    auto named = schema.find("properties");
    auto patterns = schema.find("patternProperties");
    auto good = true;
    for (auto& [name, member] : value.items()) {
      if (!work(1))
        return false;
      auto known = named != schema.end() && named->contains(name);
      if (!known && patterns != schema.end())
        for (auto& [wanted, ignored] : patterns->items())
          known = known || matches(wanted, name);
      if (known)
        continue;
      if (rule.is_boolean())
        good &= rule.get<bool>() || fail_unknown(how, name, schema);
      else
        good &= inside(rule, member, name, how);
    }
    return good;
  }

  bool property_names(const json&, const json& rule, const json& value,
                      voice how) {
    auto good = true;
    if (value.is_object())
      for (auto& [name, member] : value.items())
        good &= inside(rule, json(name), name, how);
    return good;
  }

  bool dependencies(const json&, const json& rule, const json& value,
                    voice how) {
    if (!value.is_object())
      return true;
    auto good = true;
    for (auto& [name, needs] : rule.items()) {
      if (!work(1) || !value.contains(name))
        continue;
      good &= needs.is_array() ? required(rule, needs, value, how)
                               : check(needs, value, how);
    }
    return good;
  }

  bool all_of(const json&, const json& rule, const json& value, voice how) {
    auto good = true;
    for (auto& x : rule)
      good &= check(x, value, how);
    return good;
  }

  bool any_of(const json&, const json& rule, const json& value, voice how) {
    return std::any_of(rule.begin(), rule.end(),
                       [&](auto& x) { return check(x, value, voice::quiet); })
        || fail(how, "is none of what is allowed");
  }

  bool one_of(const json&, const json& rule, const json& value, voice how) {
    auto count = std::count_if(rule.begin(), rule.end(), [&](auto& x) {
      return check(x, value, voice::quiet);
    });
    return count == 1
        || fail(how, "is " + std::to_string(count)
                       + " of the things of which it has to be one");
  }

  bool negation(const json&, const json& rule, const json& value, voice how) {
    return !check(rule, value, voice::quiet) || fail(how, "is not allowed");
  }

  bool condition(const json& schema, const json& rule, const json& value,
                 voice how) {
    auto next = schema.find(check(rule, value, voice::quiet) ? "then" : "else");
    return next == schema.end() || check(*next, value, how);
  }

  static const std::unordered_map<std::string, rule_check>& rules() {
    static const std::unordered_map<std::string, rule_check> all{
      {"type", &validator::type},
      {"enum", &validator::enumeration},
      {"const", &validator::constant},
      {"maximum", &validator::maximum},
      {"minimum", &validator::minimum},
      {"exclusiveMaximum", &validator::below},
      {"exclusiveMinimum", &validator::above},
      {"multipleOf", &validator::multiple},
      {"maxLength", &validator::max_length},
      {"minLength", &validator::min_length},
      {"maxItems", &validator::max_items},
      {"minItems", &validator::min_items},
      {"maxProperties", &validator::max_members},
      {"minProperties", &validator::min_members},
      {"pattern", &validator::pattern},
      {"format", &validator::format},
      {"uniqueItems", &validator::unique},
      {"items", &validator::items},
      {"contains", &validator::contains},
      {"required", &validator::required},
      {"properties", &validator::properties},
      {"patternProperties", &validator::pattern_properties},
      {"additionalProperties", &validator::additional_properties},
      {"propertyNames", &validator::property_names},
      {"dependencies", &validator::dependencies},
      {"allOf", &validator::all_of},
      {"anyOf", &validator::any_of},
      {"oneOf", &validator::one_of},
      {"not", &validator::negation},
      {"if", &validator::condition},
    };
    return all;
  }

  const json& root_;
  size_t done_ = 0;
  size_t depth_ = 0;
  bool exhausted_ = false;
  size_t problems_ = 0;
  std::string message_;
  std::string place_;
  std::unordered_map<std::string, std::unique_ptr<RE2>> patterns_;
};

} // namespace

caf::expected<void> validate_value(const json& root, const json& schema,
                                   const json& value) {
  return validator{root}.run(schema, value);
}

} // namespace machine::orchestrator
