#include "tests/actors/orchestrator/workflow/mistake.hpp"

#include <catch2/catch.hpp>

using namespace machine;
using namespace machine::orchestrator;
using test::wrong_steps;

namespace {

/// Steps of all shapes, in lines 5 to 17, which `expression` in line 18 sees.
std::string with(const std::string& expression, const char* key = "when") {
  std::string quoted;
  for (auto c : expression)
    quoted += c == '\'' ? "''" : std::string{c};
  return wrong_steps(
    "  - {id: plan, model: {prompt: p, output: {type: object, properties: "
    "{files: {type: array, items: {type: string}}, size: {type: integer}}, "
    "additionalProperties: false}}}\n"
    "  - {id: open, model: {prompt: p, output: {type: object}}}\n"
    "  - {id: say, model: {prompt: p}}\n"
    "  - {id: code, agent: {role: code, prompt: p}}\n"
    "  - {id: make, command: x}\n"
    "  - {id: ask, approve: q}\n"
    "  - {id: pause, wait: 1m}\n"
    "  - {id: come, wait: {signal: s, schema: {properties: {to: {type: "
    "string}}, additionalProperties: false}}}\n"
    "  - {id: look, tool: t}\n"
    "  - {id: all, foreach: {items: '[]', steps: [{id: one, command: x}]}}\n"
    "  - {id: some, foreach: {items: '[]', output: '1', steps: [{id: two, "
    "command: x}]}}\n"
    "  - {id: again, repeat: {max: 1, until: 'true', steps: [{id: try, "
    "command: x}]}}\n"
    "  - {id: pick, route: [{steps: [{id: left, command: x}]}]}\n"
    "  - {id: z, needs: [plan, open, say, code, make, ask, pause, come, look, "
    "all, some, again, pick], "
    + (std::string{key} == "set"
         ? "set: {n: '" + quoted + "'}"
         : "command: x, " + std::string{key} + ": '" + quoted + "'")
    + "}\n");
}

void wrong(const std::string& expression, const std::string& what) {
  CHECK(with(expression) == "w.yaml:18:6: step z: when: " + what);
}

void right(const std::string& expression) {
  INFO(expression);
  CHECK(with(expression) == "none");
}

} // namespace

TEST_CASE("a path into an input follows its schema") {
  right(".inputs.files[0].path");
  right(".inputs.files[].path == \"x\"");
  right(".inputs.files | length");
  wrong(".inputs.files[0].pth",
        "there is no .inputs.files[0].pth; did you mean path?");
  wrong(".inputs.files.path", ".inputs.files is a list, which has no .path");
  wrong(".inputs.what.x", ".inputs.what is text, which has no .x");
  wrong(".inputs.what[0]",
        ".inputs.what is text, which has no element of a number");
  wrong(".inputs.tries[]", ".inputs.tries is a number, which has no elements");
  wrong(".inputs.tries[1:2]",
        ".inputs.tries is a number, of which there are no slices");
  right(".inputs.what[1:2]");
  wrong(".inputs.files[1:2][0].pth",
        "there is no .inputs.files[:][0].pth; did you mean path?");
  // What is caught is meant.
  right(".inputs.what.x?");
  right(".inputs.what.x // 1");
  right("try .inputs.what.x catch 1");
}

TEST_CASE("a path into an output follows what its kind gives") {
  right(".steps.plan.output.files[0]");
  wrong(".steps.plan.output.file",
        "there is no .steps.plan.output.file; did you mean files?");
  wrong(".steps.plan.output.size.x",
        ".steps.plan.output.size is a number, which has no .x");
  wrong(".steps.plan.output.files[0].x",
        ".steps.plan.output.files[0] is text, which has no .x");
  right(".steps.open.output.anything.at.all");
  right(".steps.code.output.anything.at.all");
  right(".steps.look.output.anything.at.all");
  right(".steps.make.output.exit_code == 0");
  wrong(".steps.make.output.exitcode",
        "there is no .steps.make.output.exitcode; did you mean exit_code?");
  wrong(".steps.make.output.output.x",
        ".steps.make.output.output is text, which has no .x");
  right(".steps.ask.output.approved");
  wrong(".steps.ask.output.aproved",
        "there is no .steps.ask.output.aproved; did you mean approved?");
  wrong(".steps.pause.output.x", "there is no .steps.pause.output.x");
  right(".steps.come.output.to");
  wrong(".steps.come.output.from",
        "there is no .steps.come.output.from; there are to");
  wrong(".steps.make.stat",
        "there is no .steps.make.stat; did you mean state?");
  right(".steps.make.error.code == \"timeout\"");
  wrong(".steps.make.error.cod",
        "there is no .steps.make.error.cod; did you mean code?");
  wrong(".steps.make.error.code.x",
        ".steps.make.error.code is text, which has no .x");
}

TEST_CASE("a path into a block goes on in its steps") {
  right(".steps.all.output.results[0].one.output.exit_code");
  right(".steps.all.output.failures[].code");
  wrong(".steps.all.output.failures[].step",
        "there is no .steps.all.output.failures[].step; there are code, "
        "index, message");
  wrong(".steps.all.output.results[0].two",
        "there is no .steps.all.output.results[0].two; there are one");
  wrong(".steps.all.output.results[0].one.output.exit",
        "there is no .steps.all.output.results[0].one.output.exit; there are "
        "elapsed_ms, exit_code, note, output");
  wrong(".steps.all.output.result",
        "there is no .steps.all.output.result; did you mean results?");
  right(".steps.some.output.results[0].anything");
  right(".steps.again.output.satisfied");
  right(".steps.again.output.steps.try.state");
  wrong(".steps.again.output.rounds",
        "there is no .steps.again.output.rounds; there are iterations, "
        "satisfied, steps");
  wrong(".steps.again.output.steps.left",
        "there is no .steps.again.output.steps.left; there are try");
  right(".steps.pick.output.case == \"1\"");
  right(".steps.pick.output.steps.left.output.exit_code");
  wrong(".steps.pick.output.steps.lft",
        "there is no .steps.pick.output.steps.lft; did you mean left?");
}

TEST_CASE("a path into a variable follows its reducer") {
  auto vars = [](const std::string& more, const std::string& expression) {
    return test::mistake("name: w\nvars: {a: [], m: {}, s: 0, x: null, r: 0}\n"
                         + more + "\nsteps:\n  - {id: a, command: x, when: '"
                         + expression + "'}\n");
  };
  std::string reducers = "reducers: {a: append, m: merge, s: add, x: max}";
  for (auto expression : {".vars.a[0].b", ".vars.m.b.c", ".vars.s + 1",
                          ".vars.x > 1", ".vars.r.b", ".vars.r[0]"}) {
    INFO(expression);
    CHECK(vars(reducers, expression) == "none");
  }
  std::string head = "w.yaml:5:6: step a: when: ";
  CHECK(vars(reducers, ".vars.a.b")
        == head + ".vars.a is a list, which has no .b");
  CHECK(vars(reducers, ".vars.m[0]")
        == head + ".vars.m is a map, which has no element of a number");
  CHECK(vars(reducers, ".vars.s.b")
        == head + ".vars.s is a number, which has no .b");
  CHECK(vars("", ".vars.a.b") == "none");
}

TEST_CASE("schemas of any form give no false alarm") {
  auto answer = [](const std::string& schema, const std::string& path) {
    return wrong_steps("  - {id: m, model: {prompt: p, output: " + schema
                       + "}}\n  - {id: z, needs: [m], command: x, when: "
                         "'.steps.m.output"
                       + path + "'}\n");
  };
  std::string two = "{anyOf: [{type: object, properties: {a: {type: string}}, "
                    "additionalProperties: false}, {type: array, items: "
                    "{type: integer}}]}";
  CHECK(answer(two, ".a") == "none");
  CHECK(answer(two, "[0]") == "none");
  CHECK(answer(two, ".b").starts_with("w.yaml:6:6: step z: when: there is no"));
  std::string tree = "{definitions: {t: {type: object, properties: {left: "
                     "{$ref: '#/definitions/t'}, value: {type: integer}}, "
                     "additionalProperties: false}}, $ref: '#/definitions/t'}";
  CHECK(answer(tree, ".left.left.left.value") == "none");
  CHECK(answer(tree, ".left.left.right")
          .ends_with("there is no .steps.m.output.left.left.right; there are "
                     "left, value"));
  CHECK(answer(tree, ".left.value.x")
          .ends_with(".left.value is a number, which has no .x"));
  CHECK(answer("{type: [object, string]}", ".a") == "none");
  CHECK(answer("{patternProperties: {'^a': {}}, additionalProperties: false}",
               ".abc")
        == "none");
  CHECK(answer("{additionalProperties: {type: integer}}", ".a") == "none");
  CHECK(answer("{additionalProperties: {type: integer}}", ".a.b")
          .ends_with(".a is a number, which has no .b"));
  CHECK(answer("{enum: [a, b]}", ".a")
          .ends_with(".steps.m.output is text, which has no .a"));
  CHECK(answer("{items: [{type: string}]}", "[0].a") == "none");
  CHECK(answer("{if: {}, then: {type: string}}", ".a") == "none");
}

TEST_CASE("a schema that multiplies costs no time") {
  std::string text = "{definitions: {";
  for (int i = 0; i < 30; ++i)
    text += "t" + std::to_string(i) + ": {anyOf: [{$ref: '#/definitions/t"
          + std::to_string(i + 1) + "'}, {$ref: '#/definitions/t"
          + std::to_string(i + 1) + "'}]}, ";
  text += "t30: {type: string}}, $ref: '#/definitions/t0'}";
  CHECK(wrong_steps("  - {id: m, model: {prompt: p, output: " + text
                    + "}}\n  - {id: z, needs: [m], command: x, when: "
                      "'.steps.m.output.a'}\n")
        == "none");
}

TEST_CASE("an item is what its list holds") {
  auto each = [](const std::string& items, const std::string& command) {
    return wrong_steps("  - id: a\n    foreach:\n      items: " + items
                       + "\n      steps: [{id: b, command: '" + command
                       + "'}]\n");
  };
  CHECK(each(".inputs.files", "x ${{ .item.path }} ${{ .index }}") == "none");
  CHECK(each(".inputs.files", "x ${{ .item.pth }}")
        == "w.yaml:8:16: step b: command: there is no .item.pth; did you mean "
           "path?");
  CHECK(each(".inputs.files | reverse", "x ${{ .item.pth }}") == "none");
  CHECK(each(".inputs.files", "x ${{ .index.a }}")
        == "w.yaml:8:16: step b: command: .index is a number, which has no "
           ".a");
  CHECK(each(".inputs.what", "x")
        == "w.yaml:5:5: step a: items: .inputs.what is text, which is no list");
  CHECK(each("3", "x").starts_with("w.yaml:5:5: step a: items: 3 is no list"));
  CHECK(each("\"{}\"", "x").starts_with("w.yaml:5:5: step a: items: {} is no"));
  CHECK(each("[1, 2]\n      max: 1", "x")
        == "w.yaml:5:5: step a: items: there are 2, and max is 1; raise it");
}

TEST_CASE("items are there in a foreach alone") {
  CHECK(wrong_steps("  - {id: a, command: x, when: .item}\n")
        == "w.yaml:5:6: step a: when: there is no .item here; only the steps "
           "of a foreach, and its output, have one");
  CHECK(wrong_steps("  - {id: a, foreach: {items: '[.index]', steps: [{id: b, "
                    "command: x}]}}\n")
          .starts_with("w.yaml:5:6: step a: items: there is no .index here"));
  auto inside = [](const std::string& step) {
    return wrong_steps("  - {id: a, foreach: {items: '[1]', max: 1, output: "
                       "'[.item, .steps.b.output]', steps: ["
                       + step + "]}}\n");
  };
  CHECK(inside("{id: b, command: x, when: '.item > .index'}") == "none");
  CHECK(inside("{id: b, repeat: {max: 1, until: .item, steps: [{id: c, "
               "command: x, when: .item}]}}")
        == "none");
  CHECK(inside("{id: b, command: x, on_failure: [{id: c, command: x, when: "
               ".item}]}")
        == "none");
  CHECK(wrong_steps("  - {id: a, foreach: {items: '[1]', steps: [{id: b, "
                    "command: x}]}, undo: [{id: c, command: x, when: "
                    ".item}]}\n")
          .find("step c: when: there is no .item here")
        != std::string::npos);
}

TEST_CASE("a condition on the mere text of a model is refused") {
  std::string mending =
    "what the model answers in step say is text that nothing bounds; give that "
    "step an output schema, and look at a property of it";
  wrong(".steps.say.output == \"yes\"", mending);
  wrong(".steps.say.output | test(\"yes\")", mending);
  right(".steps.say.state == \"done\"");
  right(".steps.plan.output.size > 3");
  CHECK(with(".steps.say.output", "set") == "none");
  CHECK(wrong_steps("  - {id: a, repeat: {max: 3, until: '.steps.b.output == "
                    "\"ok\"', steps: [{id: b, model: {prompt: p}}]}}\n")
          .starts_with("w.yaml:5:6: step a: until: what the model answers in "
                       "step b is text"));
  CHECK(wrong_steps("  - {id: b, model: {prompt: p}}\n"
                    "  - {id: a, needs: [b], route: [{when: '.steps.b.output "
                    "== \"ok\"', steps: [{id: c, command: x}]}]}\n")
          .starts_with("w.yaml:6:6: step a: case 1: when: what the model"));
  CHECK(with(".steps.again.output.steps.try.output.output == \"x\"") == "none");
}
