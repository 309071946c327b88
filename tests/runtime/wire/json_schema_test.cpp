#include "tests/runtime/wire/whole_schema.hpp"

using namespace machine;

namespace {

using nlohmann::json;
using test::definitions_of;

/// Shares its name with another type, and refers to that.
struct leaf_namesake {
  test::leaf original;
  std::vector<leaf_namesake> more;

  static constexpr const char* wire_name = "leaf";

  static constexpr auto fields() {
    return wire::members(wire::field{"original", &leaf_namesake::original},
                         wire::field{"more", &leaf_namesake::more});
  }
};

/// Has the name that another type is given for want of its own.
struct leaf_2 {
  static constexpr const char* wire_name = "leaf_2";

  static constexpr auto fields() {
    return wire::members();
  }
};

template <class T>
std::string schema_of() {
  wire::json_schema_set set;
  return set.add<T>();
}

std::vector<std::string> names_of(const wire::json_schema_set& set) {
  auto definitions = definitions_of(set);
  std::vector<std::string> result;
  for (auto& [name, schema] : definitions.items())
    result.push_back(name);
  return result;
}

} // namespace

TEST_CASE("every scalar has its schema") {
  CHECK(wire::scalar_schema<bool>() == R"({"type":"boolean"})");
  CHECK(wire::scalar_schema<std::string>() == R"({"type":"string"})");
  CHECK(wire::scalar_schema<double>()
        == R"({"type":"number","format":"double"})");
  CHECK(wire::scalar_schema<timestamp>()
        == R"({"type":"string","format":"date-time"})");
  CHECK(wire::scalar_schema<test::colour>()
        == R"({"type":"string","enum":["red","green"]})");
  CHECK(wire::scalar_schema<int8_t>()
        == R"({"type":"integer","format":"int8","minimum":-128,)"
           R"("maximum":127})");
  CHECK(wire::scalar_schema<uint32_t>()
        == R"({"type":"integer","format":"uint32","minimum":0,)"
           R"("maximum":4294967295})");
  CHECK(wire::scalar_schema<micro_usd>()
        == R"({"type":["string","integer"],"format":"int64",)"
           R"("pattern":"^-?[0-9]{1,19}$","minimum":-9223372036854775808,)"
           R"("maximum":9223372036854775807})");
  CHECK(wire::scalar_schema<uint64_t>()
        == R"({"type":["string","integer"],"format":"uint64",)"
           R"("pattern":"^[0-9]{1,20}$","minimum":0,)"
           R"("maximum":18446744073709551615})");
}

TEST_CASE("what holds others has their schema") {
  CHECK(schema_of<std::vector<std::string>>()
        == R"({"type":"array","items":{"type":"string"}})");
  CHECK(schema_of<std::array<std::string, 3>>()
        == R"({"type":"array","items":{"type":"string"},"minItems":3,)"
           R"("maxItems":3})");
  CHECK(schema_of<std::map<std::string, std::string>>()
        == R"({"type":"object","additionalProperties":{"type":"string"}})");
  CHECK(schema_of<std::optional<std::string>>()
        == R"({"anyOf":[{"type":"string"},{"type":"null"}]})");
  CHECK(schema_of<json_text>() == "{}");
  CHECK(schema_of<std::optional<json_text>>() == "{}");
}

TEST_CASE("a described type is a definition, and added once") {
  wire::json_schema_set set;
  auto reference = R"({"$ref":"#/components/schemas/leaf"})";
  CHECK(set.definitions() == "{}");
  CHECK(set.add<test::leaf>() == reference);
  CHECK(set.add<test::leaf>() == reference);
  CHECK(set.definitions()
        == R"({"leaf":{"type":"object","properties":{)"
           R"("name":{"type":"string"},)"
           R"("size":{"type":"integer","format":"uint32","minimum":0,)"
           R"("maximum":4294967295}},"required":["name","size"]}})");
}

TEST_CASE("a type that contains itself refers to itself") {
  wire::json_schema_set set{"#/$defs/"};
  CHECK(set.add<test::tree>() == R"({"$ref":"#/$defs/tree"})");
  CHECK(set.definitions()
        == R"({"tree":{"type":"object","properties":{"children":{)"
           R"("type":"array","items":{"$ref":"#/$defs/tree"}}},)"
           R"("required":["children"]}})");
}

TEST_CASE("an alternative of a variant is its type with a tag") {
  wire::json_schema_set set{"#/$defs/"};
  CHECK(set.add<test::either>()
        == R"({"oneOf":[{"allOf":[{"$ref":"#/$defs/leaf"},)"
           R"({"properties":{"type":{"const":"leaf"}},"required":["type"]}]},)"
           R"({"allOf":[{"$ref":"#/$defs/nothing"},{"properties":)"
           R"({"type":{"const":"nothing"}},"required":["type"]}]}]})");
  CHECK(names_of(set) == std::vector<std::string>{"leaf", "nothing"});
}

TEST_CASE("members are required unless they may be missing") {
  wire::json_schema_set set;
  set.add<test::grown>();
  CHECK(definitions_of(set)["grown"]["required"] == json::array({"first"}));
}

TEST_CASE("a type never takes the definition of another one of its name") {
  wire::json_schema_set set{""};
  CHECK(set.add<leaf_namesake>() == R"({"$ref":"leaf"})");
  CHECK(set.add<leaf_2>() == R"({"$ref":"leaf_2_2"})");
  CHECK(set.add<test::leaf>() == R"({"$ref":"leaf_2"})");
  CHECK(names_of(set)
        == std::vector<std::string>{"leaf", "leaf_2", "leaf_2_2"});
  auto definitions = definitions_of(set);
  CHECK(definitions["leaf"]["properties"]
        == json::parse(R"({"original":{"$ref":"leaf_2"},
                           "more":{"type":"array","items":{"$ref":"leaf"}}})"));
  CHECK(definitions["leaf_2"]["properties"].contains("size"));
  CHECK(definitions["leaf_2_2"]["properties"].empty());
}

TEST_CASE("a closed object has no further members, but those within may") {
  wire::json_schema_set set;
  auto schema = set.add_closed<test::grown>();
  CHECK(schema
        == R"({"$ref":"#/components/schemas/grown",)"
           R"("unevaluatedProperties":false})");
  test::whole_schema closed{schema, set};
  CHECK(closed.accepts(R"({"first":1,"second":2})"));
  CHECK(!closed.accepts(R"({"first":1,"fifth":2})"));
  CHECK(
    closed.accepts(R"({"first":1,"fourth":{"name":"a","size":1,"new":true}})"));
  test::whole_schema open{set.add<test::grown>(), set};
  CHECK(open.accepts(R"({"first":1,"fifth":2})"));
}

TEST_CASE("OpenAPI takes plain names for definitions, and no others") {
  CHECK(wire::is_definition_name("run_event-2.x"));
  for (auto bad : {"", "a b", "a/b", "a~b", "é"})
    CHECK(!wire::is_definition_name(bad));
}
