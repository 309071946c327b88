#include "actors/agents/guard/canonical.hpp"

#include <catch2/catch.hpp>

using machine::agents::canonical_json;

TEST_CASE("documents of the same value have one form") {
  for (auto text : {R"({"a":1,"b":[true,null,"x"]})",
                    R"( { "b" : [ true, null, "x" ], "a" : 1.0 } )",
                    R"({"b":[true,null,"\u0078"],"a":1})"})
    CHECK(canonical_json(text) == R"({"a":1,"b":[true,null,"x"]})");
}

TEST_CASE("documents of different values have different forms") {
  CHECK(canonical_json("1") != canonical_json("\"1\""));
  CHECK(canonical_json("[1,2]") != canonical_json("[2,1]"));
  CHECK(canonical_json("1.5") != canonical_json("1"));
  CHECK(canonical_json(R"({"a":"x "})") != canonical_json(R"({"a":"x"})"));
}

TEST_CASE("what is no JSON stays as it is") {
  CHECK(canonical_json("{oops") == "{oops");
  CHECK(canonical_json("").empty());
}
