#include "actors/orchestrator/workflow/json_schema.hpp"

#include "actors/orchestrator/workflow/schema_parts.hpp"
#include "runtime/wire/document.hpp"

#include <nlohmann/json.hpp>

namespace machine::orchestrator {

namespace {

using nlohmann::json;

constexpr size_t max_depth = 64;

caf::expected<json> parse(const json_text& from, std::string_view what) {
  // The bounds are those of every document; nlohmann has none of its own.
  if (auto checked = wire::parse_json(from.text, {}); !checked)
    return with_context(what, checked.error());
  return json::parse(from.text, nullptr, false);
}

/// The schema as a document without faults.
caf::expected<json> read_schema(const json_text& schema) {
  auto document = parse(schema, "schema");
  if (!document)
    return document;
  if (!document->is_object() && !document->is_boolean())
    return make_error(ec::invalid_argument,
                      "a JSON Schema is an object, such as "
                      "{\"type\": \"object\"}");
  if (auto fault = find_schema_fault(*document); !fault.empty())
    return make_error(ec::invalid_argument, "the schema " + fault);
  return document;
}

void fill(const json& schema, json& value, size_t depth = 0) {
  if (depth > max_depth || !schema.is_object() || !value.is_object())
    return;
  auto properties = schema.find("properties");
  if (properties == schema.end() || !properties->is_object())
    return;
  for (auto& [name, property] : properties->items()) {
    if (!property.is_object())
      continue;
    auto usual = property.find("default");
    if (!value.contains(name) && usual != property.end())
      value[name] = *usual;
    if (value.contains(name))
      fill(property, value[name], depth + 1);
  }
}

/// The first default that breaks its schema, with the name of its property.
caf::error find_wrong_default(const json& root, const json& schema,
                              size_t depth = 0) {
  if (depth > max_depth || !schema.is_object())
    return caf::none;
  auto properties = schema.find("properties");
  if (properties == schema.end() || !properties->is_object())
    return caf::none;
  for (auto& [name, property] : properties->items()) {
    if (!property.is_object())
      continue;
    if (auto usual = property.find("default"); usual != property.end())
      if (auto good = validate_value(root, property, *usual); !good)
        return with_context("default of " + name, good.error());
    if (auto err = find_wrong_default(root, property, depth + 1))
      return err;
  }
  return caf::none;
}

} // namespace

caf::expected<void> check_schema(const json_text& schema) {
  if (auto document = read_schema(schema); !document)
    return std::move(document.error());
  return caf::unit;
}

caf::expected<void> validate(const json_text& schema, const json_text& value) {
  auto rules = read_schema(schema);
  if (!rules)
    return std::move(rules.error());
  auto document = parse(value, "value");
  if (!document)
    return std::move(document.error());
  return validate_value(*rules, *rules, *document);
}

caf::expected<void> check_defaults(const json_text& schema) {
  auto rules = read_schema(schema);
  if (!rules)
    return std::move(rules.error());
  if (auto err = find_wrong_default(*rules, *rules))
    return err;
  return caf::unit;
}

caf::expected<json_text> apply_defaults(const json_text& schema,
                                        const json_text& value) {
  auto rules = parse(schema, "schema");
  if (!rules)
    return std::move(rules.error());
  auto document = parse(value, "value");
  if (!document)
    return std::move(document.error());
  fill(*rules, *document);
  return json_text{
    document->dump(-1, ' ', false, json::error_handler_t::replace)};
}

} // namespace machine::orchestrator
