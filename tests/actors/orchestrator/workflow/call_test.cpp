#include "tests/actors/orchestrator/workflow/mistake.hpp"

#include "runtime/wire/wire.hpp"

#include <catch2/catch.hpp>

using namespace machine;
using namespace machine::orchestrator;
using test::mistake;
using test::wrong_steps;

namespace {

std::string keys(const workflow& x) {
  std::string result;
  for (auto& [name, text] : x.called)
    result += (result.empty() ? "" : " ") + name;
  return result;
}

} // namespace

TEST_CASE("a workflow brings along all that it calls, and no more") {
  load_context context;
  context.workflows["feature"] =
    "name: feature\nworkflows: {inner: {steps: [{id: a, command: x}]}}\n"
    "steps:\n  - {id: a, call: inner}\n  - {id: b, call: other}\n";
  context.workflows["other"] = "name: other\nsteps: [{id: a, command: x}]\n";
  context.workflows["unused"] = "name: unused\nsteps: [{id: a, command: x}]\n";
  auto x = load_workflow("name: w\nworkflows:\n"
                         "  one: {steps: [{id: a, call: two}]}\n"
                         "  two: {steps: [{id: a, call: feature}]}\n"
                         "  three: {steps: [{id: a, command: x}]}\n"
                         "steps: [{id: a, call: one}]\n",
                         "w.yaml", context);
  if (!x)
    FAIL(render(x.error()));
  CHECK(keys(*x) == "feature inner one other two");
  for (auto& [name, text] : x->called) {
    auto one = wire::from_json<workflow>(text.text);
    REQUIRE(one);
    CHECK(one->name == name);
    CHECK(one->called.empty());
    CHECK(normal_form(*one) == text.text);
  }
  auto back = wire::from_json<workflow>(normal_form(*x));
  REQUIRE(back);
  CHECK(*back == *x);
  // What is called is part of what it is.
  auto hash = workflow_hash(*x);
  context.workflows["other"] = "name: other\nsteps: [{id: a, command: y}]\n";
  auto changed = load_workflow("name: w\nsteps: [{id: a, call: other}]\n",
                               "w.yaml", context);
  context.workflows["other"] = "name: other\nsteps: [{id: a, command: z}]\n";
  auto again = load_workflow("name: w\nsteps: [{id: a, call: other}]\n",
                             "w.yaml", context);
  REQUIRE(changed);
  REQUIRE(again);
  CHECK(workflow_hash(*changed) != workflow_hash(*again));
}

TEST_CASE("a name is that of the file's own first") {
  load_context context;
  context.workflows["v"] = "name: v\nsteps: [{id: theirs, command: x}]\n";
  auto x = load_workflow("name: w\nworkflows: {v: {steps: [{id: ours, command: "
                         "x}]}}\nsteps: [{id: a, call: v}]\n",
                         "w.yaml", context);
  REQUIRE(x);
  CHECK(x->called.at("v").text.find("ours") != std::string::npos);
  // Which is another one than that of a file that knows nothing of it.
  context.workflows["u"] = "name: u\nsteps: [{id: a, call: v}]\n";
  CHECK(mistake("name: w\nworkflows: {v: {steps: [{id: ours, command: "
                "x}]}}\nsteps:\n  - {id: a, call: v}\n  - {id: b, call: u}\n",
                context)
        == "w.yaml:5:6: step b: call: two workflows that are called have the "
           "name v; give one another name");
}

TEST_CASE("a workflow that is not there is told") {
  load_context context;
  context.workflows["feature"] = "name: feature\nsteps: [{id: a, fail: x}]\n";
  CHECK(mistake("name: w\nsteps:\n  - {id: a, call: featre}\n", context)
        == "w.yaml:3:6: step a: call: there is no workflow featre; did you "
           "mean feature?");
  CHECK(mistake("name: w\nsteps:\n  - {id: a, call: lint}\n")
        == "w.yaml:3:6: step a: call: there is no workflow lint; add it under "
           "workflows");
  // Also in one that nobody calls yet.
  CHECK(mistake("name: w\nworkflows:\n  v:\n    steps:\n      - {id: x, call: "
                "u}\nsteps:\n  - {id: a, command: x}\n")
        == "w.yaml:5:10: step x: call: there is no workflow u; did you mean "
           "v?");
}

TEST_CASE("mistakes in what is called are told") {
  CHECK(mistake("name: w\nworkflows:\n  v:\n    steps:\n      - {id: x, "
                "command: x, when: .vars.n}\nsteps:\n  - {id: a, call: v}\n")
        == "w.yaml:5:10: step x: when: there is no variable n; declare it "
           "under vars");
  load_context context;
  context.workflows["bad"] = "name: bad\nsteps: [{id: a, comand: x}]\n";
  context.workflows["wrong"] =
    "name: wrong\nsteps: [{id: a, command: x, when: .vars.n}]\n";
  context.workflows["far"] = "name: far\nsteps: [{id: a, call: wrong}]\n";
  CHECK(mistake("name: w\nsteps:\n  - {id: a, call: bad}\n", context)
          .starts_with("w.yaml:3:6: step a: call: bad.yaml (built in):2:9: "
                       "step a does nothing"));
  for (auto name : {"wrong", "far"})
    CHECK(
      mistake("name: w\nsteps:\n  - {id: a, call: " + std::string{name} + "}\n",
              context)
      == "w.yaml:3:6: step a: call: wrong.yaml (built in):2:10: step a: "
         "when: there is no variable n; declare it under vars");
}

TEST_CASE("what stands under workflows are whole workflows without a name") {
  auto with = [](const std::string& what) {
    return mistake("name: w\nworkflows: " + what
                   + "\nsteps: [{id: a, command: x}]\n");
  };
  CHECK(with("{v: {steps: [{id: a, command: x}]}}") == "none");
  CHECK(with("[v]") == "w.yaml:2:12: workflows: expected a map, got a list");
  CHECK(with("{v: 3}") == "w.yaml:2:16: workflow v: expected a map, got \"3\"");
  CHECK(with("{v: {name: v, steps: [{id: a, command: x}]}}")
        == "w.yaml:2:17: workflow v: its key is its name already; remove name");
  CHECK(with("{v: {workflows: {}, steps: [{id: a, command: x}]}}")
        == "w.yaml:2:17: workflow v: a file has one list of workflows; move "
           "these to its others");
  CHECK(with("{V: {steps: [{id: a, command: x}]}}")
        == "w.yaml:2:13: workflows: \"V\" is not 1 to 64 of a-z 0-9 _ -, first "
           "a letter");
  CHECK(with("{v: {}}")
        == "w.yaml:2:16: steps is missing; a workflow needs at least one");
}

TEST_CASE("a workflow calls no more than a bound") {
  auto with = [](size_t count) {
    std::string text = "name: w\nworkflows:\n";
    for (size_t i = 0; i < count; ++i)
      text += "  w" + std::to_string(i) + ": {steps: [{id: a, command: x}]}\n";
    text += "steps:\n";
    for (size_t i = 0; i < count; ++i)
      text += "  - {id: s" + std::to_string(i) + ", call: w" + std::to_string(i)
            + "}\n";
    return mistake(text);
  };
  CHECK(with(max_called_workflows) == "none");
  CHECK(with(max_called_workflows + 1)
          .starts_with("w.yaml:53:3: workflows: a file has at most 50"));
  load_context context;
  std::string text = "name: w\nsteps:\n";
  for (int i = 0; i <= 50; ++i) {
    auto name = "w" + std::to_string(i);
    context.workflows[name] = "name: " + name + "\nsteps: [{id: a, fail: x}]\n";
    text += "  - {id: " + name + ", call: " + name + "}\n";
  }
  CHECK(mistake(text, context)
          .starts_with("w.yaml:53:6: step w50: call: a workflow calls at most "
                       "50 others"));
}

TEST_CASE("calls may come back to where they began, if anything stops them") {
  auto with = [](const std::string& again) {
    return mistake("name: w\nworkflows:\n  v:\n    inputs: {n: {type: "
                   "integer, default: 0}}\n    steps:\n      - {id: b, "
                   + again + "}\nsteps:\n  - {id: a, call: v}\n");
  };
  CHECK(with("call: v")
        == "w.yaml:6:10: step b: call: it comes back without end: v -> v; give "
           "one of "
           "these calls a when, or put it into a route");
  CHECK(with("call: w")
        == "w.yaml:6:10: step b: call: it comes back without end: w -> v -> w; "
           "give "
           "one of these calls a when, or put it into a route");
  CHECK(with("call: v, when: .inputs.n < 3") == "none");
  CHECK(with("route: [{when: .inputs.n < 3, steps: [{id: c, call: v}]}]")
        == "none");
  CHECK(with("foreach: {items: '[]', steps: [{id: c, call: v}]}") == "none");
  CHECK(with("command: x, on_failure: [{id: c, call: v}]") == "none");
  CHECK(with("repeat: {max: 3, until: 'true', steps: [{id: c, call: v}]}")
          .starts_with(
            "w.yaml:6:58: step c: call: it comes back without end: v -> v"));
  CHECK(mistake("name: w\nsteps:\n  - {id: a, call: w}\n")
        == "w.yaml:3:6: step a: call: it comes back without end: w -> w; give "
           "one of "
           "these calls a when, or put it into a route");
  auto self = load_workflow("name: w\nvars: {n: 0}\nsteps:\n  - {id: a, call: "
                            "w, when: .vars.n > 3}\n",
                            "w.yaml");
  REQUIRE(self);
  CHECK(keys(*self) == "w");
}

TEST_CASE("a chain of calls that is too deep on every way is refused") {
  auto chain = [](uint32_t length, const std::string& last) {
    std::string text = "name: w\nworkflows:\n";
    for (uint32_t i = 1; i < length; ++i)
      text += "  w" + std::to_string(i) + ": {steps: [{id: s, call: w"
            + std::to_string(i + 1) + ", when: .run.title != \"\"}]}\n";
    return text + "  w" + std::to_string(length) + ": {steps: [{id: s, " + last
         + "}]}\nsteps:\n  - {id: s, call: w1}\n";
  };
  CHECK(mistake(chain(max_call_depth, "set: {}")) == "none");
  auto deep = mistake(chain(max_call_depth + 1, "set: {}"));
  CHECK(deep.starts_with("w.yaml:10:"));
  CHECK(deep.find("step s: call: it can never begin: workflows call each other "
                  "at most 8 levels deep, and this is deeper: w -> w1 -> w2")
        != std::string::npos);
  // A shorter way to it can succeed.
  CHECK(
    mistake(chain(max_call_depth + 1, "set: {}") + "  - {id: t, call: w2}\n")
    == "none");
  // What comes back is stopped by what the run knows.
  CHECK(mistake(chain(max_call_depth, "call: w1, when: .run.title == \"x\""))
        == "none");
}

TEST_CASE("a call gives what is asked for") {
  auto with = [](const std::string& inputs) {
    return mistake(
      "name: w\nvars: {n: 0}\nworkflows:\n  v:\n    inputs: {path: "
      "{type: string, maxLength: 5}, times: {type: integer, "
      "default: 1}, all: {type: array, items: {type: string}, "
      "default: []}}\n    steps: [{id: a, command: x}]\nsteps:\n  "
      "- {id: a, call: {workflow: v, inputs: "
      + inputs + "}}\n");
  };
  std::string head = "w.yaml:8:6: step a: call: ";
  CHECK(with("{path: x}") == "none");
  CHECK(with("{path: \"${{ .vars.n }}\", times: \"${{ .vars.n }}\"}")
        == "none");
  CHECK(with("{}") == head + "v needs the input path; add it under inputs");
  CHECK(with("{path: x, tims: 3}")
        == head + "v has no input tims; did you mean times?");
  CHECK(with("{path: x, times: three}")
          .starts_with(head + "the input times of v: "));
  CHECK(with("{path: longer}").starts_with(head + "the input path of v: "));
  CHECK(
    with("{path: x, all: [a, 3]}").starts_with(head + "the input all of v: "));
  CHECK(with("{path: x, all: [a, \"${{ .vars.n }}\"]}") == "none");
}

TEST_CASE("templates are looked at wherever they stand in a document") {
  CHECK(wrong_steps("  - {id: a, tool: {name: t, arguments: {a: [{b: \"x ${{ "
                    ".inputs.wat }}\"}]}}}\n")
        == "w.yaml:5:6: step a: arguments.a[0].b: there is no input wat; "
           "declare it under inputs; did you mean what?");
  CHECK(wrong_steps("  - {id: a, tool: {name: t, arguments: {a: [{b: \"${{ "
                    ".inputs.what }}\"}], c: 3, d: \"$${{\"}}}\n")
        == "none");
  CHECK(wrong_steps("  - {id: a, tool: {name: t, arguments: {a: \"${{ 1\"}}}\n")
          .find("arguments.a: a `${{` is not closed")
        != std::string::npos);
  CHECK(mistake("name: w\nworkflows: {v: {inputs: {x: {}}, steps: [{id: a, "
                "command: x}]}}\nsteps:\n  - {id: a, call: {workflow: v, "
                "inputs: {x: {y: \"${{ .item }}\"}}}}\n")
          .starts_with("w.yaml:4:6: step a: inputs.x.y: there is no .item"));
}

TEST_CASE("tools that nobody knows are found at load") {
  load_context context;
  context.step_tools = {"read_file", "search"};
  auto with = [&](const std::string& tool) {
    return mistake("name: w\nsteps:\n  - {id: a, tool: " + tool + "}\n",
                   context);
  };
  CHECK(with("search") == "none");
  CHECK(with("{name: read_flie}")
        == "w.yaml:3:6: step a: there is no tool read_flie; did you mean "
           "read_file?");
}
