#include "actors/orchestrator/workflow/jq_paths.hpp"

#include <catch2/catch.hpp>

using namespace machine::orchestrator;

namespace {

/// The paths of *program*, with a `!` after those whose errors are caught.
std::string paths(std::string_view program) {
  std::string result;
  for (auto& x : paths_of(program))
    result += (result.empty() ? "" : " ") + spell(x.parts)
            + (x.caught ? "!" : "") + (x.compared ? "=" + *x.compared : "");
  return result;
}

} // namespace

TEST_CASE("paths from the root are found as they are spelled") {
  CHECK(paths(".a.b") == ".a.b");
  CHECK(paths(R"(."a"."b c")") == ".a.b c");
  CHECK(paths(R"(.["a"].b["c"])") == ".a.b.c");
  CHECK(paths(".a[0].b[].c[1:2][-1]") == ".a[0].b[].c[:][0]");
  CHECK(paths(".a + .b * (.c - .d)") == ".a .b .c .d");
  CHECK(paths("[.a, {b: .c, \"d\": .e}]") == ".a .c .e");
  CHECK(paths("if .a then .b elif .c then .d else .e end") == ".a .b .c .d .e");
  CHECK(paths(R"-("x \(.a) y \(.b + "z\(.c)")" + .d)-") == ".a .b .c .d");
  CHECK(paths(".a and .b or .c") == ".a .b .c");
  CHECK(paths("reduce .a[] as $x (.b; .c)") == ".a[]");
}

TEST_CASE("what need not begin at the root is no path") {
  CHECK(paths(".a | .b") == ".a");
  CHECK(paths("(.a | .b) + .c") == ".a .c");
  CHECK(paths("{a: .a | .b, c: .c}") == ".a .c");
  CHECK(paths("map(.a)") == "");
  CHECK(paths("$x.a + .b") == ".b");
  CHECK(paths("\"a\".b") == "");
  CHECK(paths("f(\"\\(.a)\" + .b) + .c") == ".c");
  CHECK(paths("def f: .a; .b") == "");
  CHECK(paths(".a[.b].c") == ".a .b");
  CHECK(paths("(.a).b") == ".a");
  CHECK(paths("try .a catch .b") == ".a!");
  CHECK(paths("# .a\n.b") == ".b");
}

TEST_CASE("what is caught is known") {
  CHECK(paths(".a?") == ".a!");
  CHECK(paths(".a?.b") == ".a.b!");
  CHECK(paths(".a // .b") == ".a! .b");
  CHECK(paths(".a, .b // .c") == ".a .b! .c");
  CHECK(paths("(.a + .b)?") == ".a! .b!");
  CHECK(paths("((.a | f), .b) // .c") == ".a! .b! .c");
  CHECK(paths("{a: .a, b: (.b // 1)}") == ".a .b!");
}

TEST_CASE("what a path is compared with is known") {
  CHECK(paths(R"(.a == "x")") == ".a=x");
  CHECK(paths(R"("x" != .a and .b == "y")") == ".a=x .b=y");
  CHECK(paths(R"(.a == "x" + "y")") == ".a");
  CHECK(paths(R"("z" + .a == "x")") == ".a");
  CHECK(paths(R"((.a == "x") | not)") == ".a=x");
  CHECK(paths(R"(.a == "x" | not)") == ".a=x");
  CHECK(paths(R"-(.a == "x\(1)")-") == ".a");
}

TEST_CASE("whether a path is all there is") {
  CHECK(paths_of(" .a.b ").at(0).whole);
  CHECK(!paths_of(".a.b + 1").at(0).whole);
  CHECK(!paths_of(".a | f").at(0).whole);
}

TEST_CASE("programs that are none are no trouble") {
  for (std::string text : {"", ".", "[", ".[", ".[1", ")", "\"", "\"\\(", ".\"",
                           "|", "?//", "..", ".a[", "@", "$", "{", "\\"})
    CHECK_NOTHROW(paths_of(text));
}
