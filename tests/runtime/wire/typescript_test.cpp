#include "runtime/wire/typescript.hpp"
#include "tests/runtime/wire/samples.hpp"

#include <catch2/catch.hpp>

using namespace machine;

namespace {

/// Has the name of another type.
struct other_leaf {
  static constexpr const char* wire_name = "leaf";

  static constexpr auto fields() {
    return wire::members();
  }
};

constexpr auto of_sample = R"(export interface leaf {
  name: string;
  size: number;
}
export interface nothing {
}
export interface sample {
  truth: boolean;
  tiny: number;
  byte: number;
  short_number: number;
  small: number;
  number: number;
  count: number;
  wide: string;
  huge: string;
  rough: number;
  real: number;
  text: string;
  binary: string;
  at: string;
  lasts: number;
  free: unknown;
  shade: "red" | "green";
  maybe?: string;
  maybe_shade?: "red" | "green";
  maybe_leaf?: leaf;
  maybe_free?: unknown;
  leaves: leaf[];
  nothings: nothing[];
  shades: ("red" | "green")[];
  lines: string[][];
  gaps: (number | null)[];
  blobs: string[];
  three: number[];
  counts: Record<string, number>;
  shade_of: Record<string, "red" | "green">;
  groups: Record<string, leaf[]>;
  one: ({ type: "leaf" } & leaf) | ({ type: "nothing" } & nothing);
  many: (({ type: "leaf" } & leaf) | ({ type: "nothing" } & nothing))[];
}
)";

} // namespace

TEST_CASE("every kind of member has its TypeScript") {
  auto text = wire::typescript<test::sample>();
  REQUIRE(text);
  CHECK(*text == of_sample);
}

TEST_CASE("a type is declared once, however often it is referred to") {
  auto text = wire::typescript<test::leaf, test::sample, test::nothing>();
  REQUIRE(text);
  CHECK(*text == of_sample);
}

TEST_CASE("a type that contains itself is declared") {
  auto text = wire::typescript<test::tree>();
  REQUIRE(text);
  CHECK(*text == "export interface tree {\n  children: tree[];\n}\n");
}

TEST_CASE("a variant and an enumeration are exported under a name") {
  auto text = wire::typescript<wire::named<"shade", test::colour>,
                               wire::named<"either", test::either>>();
  REQUIRE(text);
  CHECK(*text == R"(export type shade = "red" | "green";
export interface leaf {
  name: string;
  size: number;
}
export interface nothing {
}
export type either = ({ type: "leaf" } & leaf) | ({ type: "nothing" } & nothing);
)");
}

TEST_CASE("two types of one name are refused") {
  auto text = wire::typescript<test::leaf, other_leaf>();
  REQUIRE(!text);
  CHECK(render(text.error())
        == "conflict: two types are named leaf; give one of them another "
           "wire_name");
}
