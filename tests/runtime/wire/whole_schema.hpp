#pragma once

#include "actors/orchestrator/workflow/json_schema.hpp"
#include "runtime/wire/json_schema.hpp"
#include "tests/runtime/wire/samples.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

/// What judges schemas: the validator of workflows.
namespace machine::test {

/// Has a member of each kind that may be missing.
struct grown {
  uint32_t first = 0;
  uint32_t second = 7;
  std::optional<uint32_t> third;
  std::optional<leaf> fourth;

  static constexpr const char* wire_name = "grown";

  static constexpr auto fields() {
    return wire::members(wire::field{"first", &grown::first},
                         wire::later{"second", &grown::second},
                         wire::field{"third", &grown::third},
                         wire::later{"fourth", &grown::fourth});
  }
};

inline nlohmann::json definitions_of(const wire::json_schema_set& set) {
  return nlohmann::json::parse(set.definitions());
}

/// *schema* in the words of draft 7, which the validator speaks: it has no
/// keywords beside a reference, so a closed object repeats what it has.
inline nlohmann::json in_draft_7(const nlohmann::json& schema,
                                 const nlohmann::json& definitions) {
  if (!schema.contains("unevaluatedProperties"))
    return schema;
  auto name = schema.at("$ref").get<std::string>();
  auto result = definitions.at(name.substr(name.rfind('/') + 1));
  result["additionalProperties"] = schema.at("unevaluatedProperties");
  return result;
}

/// A schema with all that it refers to, as one document.
struct whole_schema {
  json_text text;

  whole_schema(const std::string& schema, const wire::json_schema_set& set) {
    auto definitions = definitions_of(set);
    nlohmann::json all;
    all["allOf"] = nlohmann::json::array(
      {in_draft_7(nlohmann::json::parse(schema), definitions)});
    all["components"]["schemas"] = definitions;
    text.text = all.dump();
    REQUIRE(orchestrator::check_schema(text));
  }

  bool accepts(const std::string& document) const {
    return bool{orchestrator::validate(text, {document})};
  }
};

/// That of a *T*.
template <class T>
whole_schema whole_schema_of() {
  wire::json_schema_set set;
  auto schema = set.add<T>();
  return {schema, set};
}

/// Whether *document* is a *T*.
template <class T>
bool reads(const std::string& document) {
  return bool{wire::from_json<T>(document)};
}

} // namespace machine::test
