#include "actors/orchestrator/workflow/json_schema.hpp"

#include <catch2/catch.hpp>

#include <vector>

using namespace machine;
using namespace machine::orchestrator;

namespace {

std::string problem(std::string schema, std::string value) {
  auto x = validate({std::move(schema)}, {std::move(value)});
  return x ? "none" : message_of(x.error());
}

} // namespace

TEST_CASE("a value that breaks its schema is told where") {
  auto schema = R"({"type":"object","properties":{"files":{"type":"array",
    "items":{"type":"string"}}},"required":["files"]})";
  CHECK(problem(schema, R"({"files":["a"]})") == "none");
  CHECK(problem(schema, R"({"files":[1]})").find("/files/0: ")
        != std::string::npos);
  CHECK(problem(schema, "{}").find("files") != std::string::npos);
  CHECK(problem(schema, "{").find("this is no JSON") != std::string::npos);
}

TEST_CASE("schemas that could harm are refused") {
  CHECK(!check_schema({R"({"$ref":"http://example.org/x"})"}));
  CHECK(!check_schema({R"({"pattern":")" + std::string(300, 'a') + R"("})"}));
  CHECK(!check_schema({R"({"type":"objekt"})"}));
  CHECK(!check_schema({"[]"}));
  CHECK(check_schema({R"({"type":"object"})"}));
}

TEST_CASE("defaults fill in what is missing, at any depth") {
  auto x = apply_defaults(
    {R"({"properties":{"a":{"default":1},"b":{"properties":{"c":{"default":2}}}}})"},
    {R"({"b":{}})"});
  REQUIRE(x);
  CHECK(x->text == R"({"a":1,"b":{"c":2}})");
}

TEST_CASE("a schema that comes back to itself at the same value is refused") {
  CHECK(!check_schema({R"({"$ref":"#"})"}));
  CHECK(!check_schema({R"({"allOf":[{"$ref":"#"}]})"}));
  CHECK(!check_schema({R"({"not":{"anyOf":[{"$ref":"#/not"}]}})"}));
  CHECK(!check_schema({R"({"$ref":"#/definitions/a","definitions":{
    "a":{"$ref":"#/definitions/b"},"b":{"$ref":"#/definitions/a"}}})"}));
  CHECK(problem(R"({"allOf":[{"$ref":"#"}]})", "1").find("refers to itself")
        != std::string::npos);
  // One that goes into properties or items is a tree.
  auto tree = R"({"type":"object","properties":{"left":{"$ref":"#"},
    "all":{"items":{"$ref":"#"}}},"additionalProperties":false})";
  CHECK(problem(tree, R"({"left":{"left":{}},"all":[{"all":[]}]})") == "none");
  CHECK(problem(tree, R"({"left":{"all":[{},{"right":1}]}})")
        == "/left/all/1: has the unknown right");
}

TEST_CASE("no pattern takes long, and no text is too long for one") {
  std::string many(100'000, 'a');
  CHECK(problem(R"x({"pattern":"^(a+)+$b"})x", "\"" + many + "\"")
        == "the value: does not match the pattern ^(a+)+$b");
  CHECK(problem(R"x({"pattern":"^(a|b)*$"})x", "\"" + many + "\"") == "none");
  CHECK(problem(R"({"format":"date"})", "\"" + std::string(100'000, '1') + "\"")
          .find("is no date")
        != std::string::npos);
  CHECK(problem(R"x({"pattern":"^(?=a)"})x", "\"a\"").find("RE2")
        != std::string::npos);
  CHECK(!check_schema({R"x({"patternProperties":{"(":{}}})x"}));
}

TEST_CASE("combinations of combinations end") {
  std::string schema = R"({"$ref":"#/definitions/d0","definitions":{)";
  for (int i = 0; i < 30; ++i) {
    auto next = R"({"$ref":"#/definitions/d)" + std::to_string(i + 1) + "\"}";
    schema +=
      "\"d" + std::to_string(i) + R"(":{"allOf":[)" + next + "," + next + "]},";
  }
  schema += R"("d30":{}}})";
  auto x = validate({schema}, {"1"});
  REQUIRE(!x);
  CHECK(code_of(x.error()) == ec::limit_exceeded);
}

TEST_CASE("every keyword of draft 7 means what the standard says") {
  struct example {
    const char* schema;
    const char* good;
    const char* bad;
  };
  for (auto& x : std::vector<example>{
         {R"({"type":["integer","null"]})", "1.0", "1.5"},
         {R"({"enum":[1,"a",[2]]})", "[2]", "2"},
         {R"({"const":{"a":1}})", R"({"a":1.0})", R"({"a":2})"},
         {R"({"multipleOf":0.1})", "0.3", "0.35"},
         {R"({"multipleOf":3})", "9", "10"},
         {R"({"maximum":3})", "3", "4"},
         {R"({"minimum":3})", "3", "2"},
         {R"({"exclusiveMaximum":3})", "2", "3"},
         {R"({"exclusiveMinimum":3})", "4", "3"},
         {R"({"maxLength":2})", "\"öö\"", "\"abc\""},
         {R"({"minLength":2})", "\"ab\"", "\"ö\""},
         {R"({"maxItems":1})", "[1]", "[1,2]"},
         {R"({"minItems":1})", "[1]", "[]"},
         {R"({"uniqueItems":true})", "[1,2,[1]]", "[2,1,2]"},
         {R"({"maxProperties":1})", R"({"a":1})", R"({"a":1,"b":2})"},
         {R"({"minProperties":1})", R"({"a":1})", "{}"},
         {R"({"items":[{"type":"string"}],"additionalItems":false})", "[\"a\"]",
          "[\"a\",1]"},
         {R"({"contains":{"const":1}})", "[2,1]", "[2]"},
         {R"({"required":["a"]})", R"({"a":1})", R"({"b":1})"},
         {R"({"patternProperties":{"^x":{"type":"null"}},)"
          R"("additionalProperties":{"type":"string"}})",
          R"({"x1":null,"y":"a"})", R"({"y":null})"},
         {R"({"propertyNames":{"maxLength":1}})", R"({"a":1})", R"({"ab":1})"},
         {R"({"dependencies":{"a":["b"]}})", R"({"a":1,"b":1})", R"({"a":1})"},
         {R"({"dependencies":{"a":{"required":["b"]}}})", "{}", R"({"a":1})"},
         {R"({"allOf":[{"minimum":1},{"maximum":2}]})", "2", "3"},
         {R"({"anyOf":[{"const":1},{"const":2}]})", "2", "3"},
         {R"({"oneOf":[{"minimum":1},{"minimum":2}]})", "1", "2"},
         {R"({"not":{"type":"string"}})", "1", "\"a\""},
         {R"({"if":{"minimum":5},"then":{"const":6},"else":{"const":1}})", "6",
          "5"},
         {R"({"format":"date-time"})", "\"2026-02-28T10:00:00Z\"",
          "\"2026-02-30T10:00:00Z\""},
         {R"({"items":false})", "[]", "[1]"},
       }) {
    CAPTURE(x.schema);
    CHECK(check_schema({x.schema}));
    CHECK(problem(x.schema, x.good) == "none");
    CHECK(problem(x.schema, x.bad) != "none");
  }
  for (auto* wrong :
       {R"({"type":1})", R"({"items":1})", R"({"maxLength":-1})",
        R"({"required":"a"})", R"({"anyOf":[]})", R"({"properties":[]})",
        R"({"multipleOf":0})", R"({"$ref":"#/definitions/none"})"}) {
    CAPTURE(wrong);
    CHECK(!check_schema({wrong}));
  }
}
