#include "runtime/wire/json_schema.hpp"

#include "runtime/wire/json.hpp"

namespace machine::wire {

namespace {

/// *x* as a string of JSON.
std::string in_quotes(std::string_view x) {
  json_sink out;
  out.text(x);
  return out.take();
}

/// *items* with commas between them.
std::string joined(std::span<const std::string> items) {
  std::string result;
  for (auto& x : items)
    result += (result.empty() ? "" : ",") + x;
  return result;
}

std::string integer_schema(std::string_view format, size_t bits,
                           std::string_view pattern, const std::string& least,
                           const std::string& most) {
  auto what = in_quotes(std::string{format} + std::to_string(bits));
  auto type = bits < 64 ? R"("integer","format":)" + what
                        : R"(["string","integer"],"format":)" + what
                            + R"(,"pattern":)" + in_quotes(pattern);
  return R"({"type":)" + type + R"(,"minimum":)" + least + R"(,"maximum":)"
       + most + "}";
}

} // namespace

std::string signed_schema(size_t bits) {
  auto most = INT64_MAX >> (64 - bits);
  return integer_schema("int", bits, "^-?[0-9]{1,19}$",
                        std::to_string(-most - 1), std::to_string(most));
}

std::string unsigned_schema(size_t bits) {
  return integer_schema("uint", bits, "^[0-9]{1,20}$", "0",
                        std::to_string(UINT64_MAX >> (64 - bits)));
}

std::string enumeration_schema(std::span<const std::string_view> names) {
  std::vector<std::string> spellings;
  for (auto name : names)
    spellings.push_back(in_quotes(name));
  return R"({"type":"string","enum":[)" + joined(spellings) + "]}";
}

std::string nullable_schema(const std::string& schema) {
  // Anything may be null already.
  return schema == "{}" ? schema
                        : R"({"anyOf":[)" + schema + R"(,{"type":"null"}]})";
}

std::string list_schema(const std::string& element) {
  return R"({"type":"array","items":)" + element + "}";
}

std::string array_schema(const std::string& element, size_t size) {
  auto count = std::to_string(size);
  return R"({"type":"array","items":)" + element + R"(,"minItems":)" + count
       + R"(,"maxItems":)" + count + "}";
}

std::string map_schema(const std::string& value) {
  return R"({"type":"object","additionalProperties":)" + value + "}";
}

std::string closed_schema(std::string reference) {
  // additionalProperties would not see what the reference allows.
  reference.insert(reference.size() - 1, R"(,"unevaluatedProperties":false)");
  return reference;
}

std::string json_schema_set::define(std::string_view name, const void* type,
                                    std::span<const schema_member> members) {
  auto [place, added] = names_.try_emplace(type, name);
  auto& unique = place->second;
  if (added) {
    for (size_t n = 2; definitions_.contains(unique); ++n)
      unique = std::string{name} + "_" + std::to_string(n);
    // Its members may refer to it, and to others of its name.
    auto& definition = definitions_[unique];
    std::vector<std::string> properties;
    std::vector<std::string> required;
    for (auto& x : members) {
      properties.push_back(in_quotes(x.name) + ":" + x.schema(*this));
      if (x.must_be == presence::required)
        required.push_back(in_quotes(x.name));
    }
    definition = R"({"type":"object","properties":{)" + joined(properties)
               + R"(},"required":[)" + joined(required) + "]}";
  }
  return R"({"$ref":)" + in_quotes(ref_prefix_ + unique) + "}";
}

std::string
json_schema_set::one_of(std::span<const schema_alternative> alternatives) {
  // A type has its tag only here. OpenAPI's discriminator would want
  // definitions that have it themselves.
  std::vector<std::string> schemas;
  for (auto& x : alternatives)
    schemas.push_back(R"({"allOf":[)" + x.schema(*this)
                      + R"(,{"properties":{"type":{"const":)" + in_quotes(x.tag)
                      + R"(}},"required":["type"]}]})");
  return R"({"oneOf":[)" + joined(schemas) + "]}";
}

std::string json_schema_set::definitions() const {
  std::vector<std::string> schemas;
  for (auto& [name, schema] : definitions_)
    schemas.push_back(in_quotes(name) + ":" + schema);
  return "{" + joined(schemas) + "}";
}

} // namespace machine::wire
