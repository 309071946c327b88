#include "actors/orchestrator/workflow/jq_plan.hpp"

#include "runtime/wire/document.hpp"
#include "runtime/wire/wire.hpp"
#include "tests/actors/orchestrator/workflow/eval.hpp"
#include "tests/support/draw.hpp"

#include <catch2/catch.hpp>

using namespace machine;
using namespace machine::orchestrator;
using test::eval;

namespace {

using names = std::set<std::string>;

/// What a program needs of *root*, in words.
std::string needs(std::string_view program, std::string_view root) {
  auto plan = plan_jq(program);
  if (plan.needs.all)
    return "all";
  auto i = plan.needs.members.find(root);
  if (i == plan.needs.members.end())
    return "nothing";
  std::string result;
  for (auto& x : i->second)
    result += (result.empty() ? "" : " ") + x;
  return result.empty() ? "whole" : result;
}

/// An input of which only what *program* needs is left.
std::string narrowed(std::string_view program, const std::string& input) {
  auto plan = plan_jq(program);
  if (plan.needs.all)
    return input;
  auto tree = wire::parse_json(input, {.max_bytes = input.size()});
  std::string out = "{";
  auto add = [&](std::string& to, std::string_view key, std::string_view what) {
    to += (to.back() == '{' ? "" : ",") + wire::to_json(std::string{key}) + ":";
    to += what;
  };
  for (auto* root = tree->first(tree->root()); root != nullptr;
       root = tree->next(*root)) {
    auto i = plan.needs.members.find(root->key);
    if (i == plan.needs.members.end())
      continue;
    if (i->second.empty() || root->kind != wire::node_kind::map) {
      add(out, root->key, wire::write_json(*tree, *root));
      continue;
    }
    std::string part = "{";
    for (auto* x = tree->first(*root); x != nullptr; x = tree->next(*x))
      if (i->second.contains(std::string{x->key}))
        add(part, x->key, wire::write_json(*tree, *x));
    add(out, root->key, part + "}");
  }
  return out + "}";
}

constexpr const char* scope =
  R"({"inputs":{"n":3,"s":"x","list":[1,[2],"3"]},"item":{"vars":1},)"
  R"("vars":{"n":5,"s":"ab,c","empty":[],"o":{"a":1,"b":{"c":"d"}},"z":null},)"
  R"("steps":{"a":{"state":"done","output":{"ok":true,"list":[3,1,2]}},)"
  R"("b":{"state":"failed","output":null,"error":{"code":"timeout"}}},)"
  R"("index":0,"iteration":2})";

std::string draw_path() {
  auto result = test::draw_text({".vars", ".vars", ".steps", ".inputs", ".item",
                                 ".steps.a", ".[\"vars\"]", ".index"});
  for (auto left = test::draw(0, 4); left > 0; --left)
    result += test::draw_text({".n", ".s", ".o", ".a", ".output", ".list",
                               "[0]", "[\"o\"]", ".empty", "?", ".b", ".vars"});
  return result;
}

std::string draw_program(int depth) {
  auto part = [&] { return draw_program(depth - 1); };
  switch (test::draw(0, depth > 0 ? 10 : 3)) {
    case 0: return test::draw_text({"1", "\"x\"", "null", "\",\"", "true"});
    case 1:
    case 2: return draw_path();
    case 3: return "(" + part() + ")";
    case 4: return "[" + part() + ", " + part() + "]";
    case 5: return "{a: (" + part() + "), vars: " + draw_path() + "}";
    case 6:
      return "if " + part() + " then " + part() + " else " + part() + " end";
    case 7:
      return part() + " | "
           + test::draw_text({"length", "keys", "tostring", "tojson", "add",
                              "sort", "first", "not", "any", ".n", ".o.a",
                              "min", "unique", "reverse"});
    default:
      return part()
           + test::draw_text({" + ", " - ", " / ", " == ", " < ", " // ",
                              " and ", " or ", " != ", " * 2 + "})
           + part();
  }
}

} // namespace

TEST_CASE("a program is tame if it can neither go on nor grow") {
  for (auto text : {".vars.n + 1",
                    "1",
                    "\"text\"",
                    "[1, 2, .vars.n]",
                    "{a: .vars.n, b: 2}",
                    ".steps.a.output.ok and (.vars.n > 3 or .inputs.n == 2)",
                    ".vars.list[0].name",
                    ".vars.z // \"none\"",
                    ".vars[\"a b\"]",
                    "if .vars.n >= 3 then \"many\" else [] end",
                    ".vars.n * 2",
                    ".vars.list | length",
                    ".vars.n / 2",
                    ".item",
                    ".steps.a.state != \"x\"",
                    ".vars.x | .y | tostring",
                    "-.vars.n",
                    ".vars.\"a\".b?",
                    ".vars.n - 1",
                    "10 - .vars.n",
                    ".vars.n - 1 - .vars.m",
                    "100 * .vars.n",
                    ".vars.n * 100 / .vars.m",
                    "2 * 3 - 1"}) {
    INFO(text);
    CHECK(plan_jq(text).tame);
  }
  for (auto text : {"\"x\" * 99 * 99 * 99",
                    ".vars.n * 101",
                    ".vars.n * .vars.m",
                    "(.vars.n + .vars.n) * 2",
                    "[.vars.n, .vars.m] * 2",
                    "\"x\" * 100",
                    "2 * (\"x\")",
                    ".vars.n * 100 * .vars.m",
                    ".vars.n * 100 / \"x\" | length",
                    ".vars.l - .vars.m",
                    "(\"a\" / \"\") - (\"b\" / \"\")",
                    "[.vars.n] - [.vars.m]",
                    "",
                    ".",
                    "..",
                    "def f: f; f",
                    "[.[] | . + 1]",
                    "range(10)",
                    ".vars[]",
                    "1, 2",
                    "[(1, 2) + (3, 4)]",
                    "\"a\" * .vars.n",
                    ".vars.n % 2",
                    ".vars.x as $x | $x",
                    "reduce .a as $x (0; 1)",
                    ".a = 1",
                    ".a |= 1",
                    ".a += 1",
                    ".a //= 1",
                    ".vars.s | . + .",
                    "length",
                    "not",
                    "[length]",
                    "\"\\(.vars.n)\"",
                    "@base64",
                    "$ENV",
                    "input",
                    "{vars}",
                    "if true then .a else .b end[]",
                    "null[]",
                    "\"a\"[]",
                    ".vars.a[1:2]",
                    ".vars.a[.vars.n]",
                    ".vars.a[[1]]",
                    "1e999",
                    "try error(1)",
                    ".a | test(\"(a*)*b\")",
                    "(.a",
                    "[.a"}) {
    INFO(text);
    CHECK(!plan_jq(text).tame);
  }
  std::string longer = ".vars.n";
  for (int i = 0; i < 32; ++i)
    longer += " + 1";
  CHECK(!plan_jq(longer).tame);
}

TEST_CASE("a program is given what it needs, and what is not known needs all") {
  CHECK(needs(".vars.n + .vars.m", "vars") == "m n");
  CHECK(needs(".vars.n", "steps") == "nothing");
  CHECK(needs(".vars.n == .vars", "vars") == "whole");
  CHECK(needs(".vars == .vars.n", "vars") == "whole");
  CHECK(needs(".vars[\"a b\"]", "vars") == "a b");
  CHECK(needs(".[\"vars\"].n", "vars") == "whole");
  CHECK(needs(".steps.a.output.vars", "steps") == "a");
  CHECK(needs("(.vars).n", "vars") == "whole");
  CHECK(needs(".vars?.n", "vars") == "whole");
  CHECK(needs(".vars | .n", "vars") == "whole");
  CHECK(needs(".vars | keys", "vars") == "whole");
  CHECK(needs("[.[] | .n]", "vars") == "all");
}

TEST_CASE("a tame program gives the same without a process and with less") {
  size_t tame = 0;
  CHECK(rc::check([&] {
    auto text = draw_program(3);
    // Somebody's slip.
    if (test::chance(3))
      text.insert(test::draw<size_t>(0, text.size()),
                  test::draw_text({".", "[]", "|", "(", ",", "..", " not ", "*",
                                   "?", "\"", " vars ", "[0]"}));
    if (!plan_jq(text).tame)
      return;
    auto own = eval(text, narrowed(text, scope));
    if (own.find("is no jq") != own.npos || own.find("syntax") != own.npos)
      return;
    ++tame;
    // What binds a variable is watched.
    auto watched = eval("null as $x | (" + text + ")", scope,
                        {.deadline = duration{30'000}});
    auto without_program = [](const std::string& answer) {
      auto end = answer.find("`: ");
      return end != answer.npos ? answer.substr(end) : answer;
    };
    RC_LOG() << text << '\n' << own << '\n' << watched << '\n';
    RC_ASSERT(without_program(own) == without_program(watched));
  }));
  CHECK(tame > 20);
}

TEST_CASE("a tame program with a large input is watched, and gives the same") {
  auto large =
    R"({"vars":{"s":")" + std::string(2 * max_tame_input, 'x') + R"("}})";
  CHECK(eval(".vars.s | length", large) == std::to_string(2 * max_tame_input));
}

TEST_CASE("a long program is not tame") {
  auto of = [](size_t size) {
    return "\"" + std::string(size - 2, 'x') + "\"";
  };
  CHECK(plan_jq(of(1'024)).tame);
  CHECK(!plan_jq(of(1'025)).tame);
}
