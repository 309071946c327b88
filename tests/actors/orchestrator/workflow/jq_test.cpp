#include "actors/orchestrator/workflow/template.hpp"
#include "runtime/wire/wire.hpp"
#include "tests/actors/orchestrator/workflow/eval.hpp"
#include "tests/support/draw.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <thread>
#include <vector>

using namespace machine;
using namespace machine::orchestrator;
using test::eval;

namespace {

std::string render_text(std::string_view text, std::string scope) {
  auto x = render_template(text, plain_scope{{std::move(scope)}});
  return x ? x->text : render(x.error());
}

} // namespace

TEST_CASE("an expression yields one value") {
  CHECK(eval(".a.b", R"({"a":{"b":[1,"x"]}})") == R"([1,"x"])");
  CHECK(eval("1, 2").starts_with("invalid_argument: `1, 2`: it yields more"));
  CHECK(eval("empty") == "invalid_argument: `empty`: it yields no value");
  CHECK(eval("error(\"broken\")")
        == "invalid_argument: `error(\"broken\")`: broken");
  CHECK(eval(".a", "[1]").starts_with("invalid_argument: `.a`: Cannot index"));
}

TEST_CASE("what is no jq is refused with jq's own words") {
  auto x = check_jq(".a |");
  REQUIRE(!x);
  CHECK(message_of(x.error()).find("is no jq: syntax error")
        != std::string::npos);
  CHECK(check_jq(".steps.a.state == \"done\""));
  CHECK(!check_jq("nothing_of_this_name(1)"));
  CHECK(!check_jq(std::string(20'000, ' ')));
}

TEST_CASE("an expression cannot reach outside") {
  for (auto program : {"now", "env", "$ENV.HOME", "input", "[inputs]", "halt",
                       "debug", "\"\\(now)\"", "import \"a\" as a; 1",
                       "input_filename", "$__prog_args"}) {
    CAPTURE(program);
    CHECK(!check_jq(program));
    CHECK(eval(program).starts_with("invalid_argument: "));
  }
  CHECK(eval(".now", R"({"now":1})") == "1");
  CHECK(eval("{now: 2}") == R"({"now":2})");
  CHECK(eval("\"now\"") == "\"now\"");
}

TEST_CASE(
  "an endless expression ends at its deadline, and the next one works") {
  CHECK(eval("def f: f; f", "null", {.deadline = duration{50}})
        == "timeout: the expression did not end within 50 ms");
  CHECK(eval("1 + 1") == "2");
}

TEST_CASE("an expression that wants all memory is stopped") {
  auto x = eval("reduce range(40) as $i (\"x\"; . + .) | length", "null",
                {.deadline = duration{20'000}});
  CHECK((x.starts_with("limit_exceeded: ") || x.starts_with("timeout: ")
         || x.starts_with("invalid_argument: ")));
  CHECK(eval("1 + 1") == "2");
}

TEST_CASE("input and result have bounds") {
  CHECK(eval(".", "\"" + std::string(200, 'x') + "\"", {.max_bytes = 100})
          .starts_with("limit_exceeded: the expression's input has 202"));
  CHECK(eval("[range(1000)]", "null", {.max_bytes = 100})
          .starts_with("limit_exceeded: the expression yields"));
}

TEST_CASE("a value is no deeper than its readers take") {
  auto nested = [](int depth) {
    return eval("reduce range(" + std::to_string(depth) + ") as $i (1; [.])",
                "null");
  };
  CHECK(nested(40).starts_with("[[["));
  CHECK(nested(60).starts_with(
    "limit_exceeded: the expression yields a value that is nested deeper"));
  CHECK(nested(300).starts_with("limit_exceeded: "));
}

TEST_CASE("many threads evaluate at once") {
  std::atomic<int> right{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&, i] {
      for (int n = 0; n < 20; ++n)
        right += eval(". + 1", std::to_string(i * 100 + n))
                  == std::to_string(i * 100 + n + 1)
                 ? 1
                 : 0;
    });
  for (auto& thread : threads)
    thread.join();
  CHECK(right == 160);
}

TEST_CASE("a template of one expression yields the value itself") {
  CHECK(render_text("${{ .a }}", R"({"a":[1]})") == "[1]");
  CHECK(render_text("${{.a}} and ${{ .b }}", R"({"a":[1],"b":"x"})")
        == R"("[1] and x")");
  CHECK(render_text("${{ {a: {b: 1}} }}", "null") == R"({"a":{"b":1}})");
  CHECK(render_text("plain", "null") == "\"plain\"");
  CHECK(render_text("$${{ not this }}", "null") == "\"${{ not this }}\"");
  CHECK(render_text("${{ .a", "{}").find("is not closed") != std::string::npos);
}

TEST_CASE("a template without expressions stands for itself") {
  CHECK(rc::check([] {
    std::string text;
    for (auto left = test::draw(0, 20); left > 0; --left)
      text += test::draw_text(
        {"a", "{", "}", "{{", "}}", "$", "\"", "\\", "\n", "é"});
    if (text.find("${{") != text.npos)
      return;
    auto expressions = expressions_of(text);
    RC_ASSERT(expressions);
    RC_ASSERT(expressions->empty());
    auto value = render_template(text, plain_scope{{"null"}});
    RC_ASSERT(value);
    RC_ASSERT(*wire::from_json<std::string>(value->text) == text);
  }));
}

TEST_CASE("expressions are found between any texts and in their order") {
  CHECK(rc::check([] {
    const std::vector<std::string> bodies{".a", "{b: {c: 1}}", "\"}}\"",
                                          "[.a] | length", "\"\\\"}}\""};
    std::vector<std::string> wanted;
    std::string text;
    for (auto left = test::draw(0, 6); left > 0; --left) {
      text += test::draw_text({"", "x ", "}}", "{ ", "$${{ ", "\""});
      wanted.push_back(test::draw_text(bodies));
      text += "${{ " + wanted.back() + " }}";
    }
    auto found = expressions_of(text);
    RC_ASSERT(found);
    RC_ASSERT(*found == wanted);
  }));
}
