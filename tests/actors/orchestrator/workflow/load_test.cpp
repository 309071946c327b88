#include "actors/orchestrator/workflow/load.hpp"
#include "actors/orchestrator/workflow/problems.hpp"

#include "tests/support/directory.hpp"
#include "tests/support/formats.hpp"

#include <catch2/catch.hpp>

#include <fstream>

using namespace machine;
using namespace machine::orchestrator;

namespace {

std::string problem(std::string_view text, const load_context& context = {}) {
  auto x = load_workflow(text, "w.yaml", context);
  return x ? "none" : message_of(x.error());
}

constexpr const char* good = R"(
name: feature
description: Adds something.
inputs:
  what: {type: string}
  tries: {type: integer, default: 3}
vars: {found: 0}
steps:
  - id: index
    command: git ls-files
    timeout: 30s
  - id: write
    needs: [index]
    when: .inputs.what != ""
    agent:
      role: code
      prompt: Do ${{ .inputs.what }} with ${{ .steps.index.output }}
    retry: {max: 2, backoff: 1s, on: [provider_failed]}
    budget: 0.10
  - id: test
    needs: [write]
    command: [make, test]
    on_failure: continue
  - id: fix
    needs: [test]
    repeat:
      max: 3
      until: .steps.verify.state == "done"
      steps:
        - id: debug
          agent: {role: code, prompt: "${{ .steps.test.output.output }}"}
        - id: verify
          needs: [debug]
          command: make test
          on_failure: continue
  - id: count
    needs: [fix]
    set: {found: .vars.found + 1}
  - id: ok
    needs: [count]
    approve: {question: "Ship it?", deadline: 1h, default: {approved: false}}
output: .steps.fix.output
)";

} // namespace

TEST_CASE("a workflow reads as it is meant") {
  auto x = load_workflow(good, "w.yaml");
  if (!x)
    FAIL(render(x.error()));
  REQUIRE(x->steps.size() == 8);
  CHECK(x->steps[1].budget == 100'000);
  CHECK(x->steps[1].retry.max == 2);
  CHECK(x->steps[4].parent == "fix");
  CHECK(std::get<repeat_step>(x->steps[3].action).steps
        == std::vector<std::string>{"debug", "verify"});
  CHECK(std::get<approve_step>(x->steps[7].action).deadline
        == duration{3'600'000});
  CHECK(x->inputs.text.find(R"("required":["what"])") != std::string::npos);
}

TEST_CASE("YAML and JSON of the same graph have the same hash") {
  auto yaml = load_workflow("name: a\nsteps:\n  - id: x\n    fail: no\n", "w");
  auto json =
    load_workflow(R"({"steps":[{"fail":"no","id":"x"}],"name":"a"})", "w");
  REQUIRE(yaml);
  REQUIRE(json);
  CHECK(workflow_hash(*yaml) == workflow_hash(*json));
  auto back = wire::from_json<workflow>(normal_form(*yaml));
  REQUIRE(back);
  CHECK(*back == *yaml);
}

TEST_CASE("every workflow survives every format") {
  test::check_round_trips<step>();
}

TEST_CASE("each mistake is told with its place and its mending") {
  CHECK(problem("name: a\nsteps:\n  - id: x\n    comand: ls\n")
        == "w.yaml:3:5: step x does nothing; give it one of agent, model, "
           "tool, command, approve, wait, call, foreach, repeat, route, set, "
           "fail\n"
           "w.yaml:4:5: step x: unknown key comand; did you mean command?");
  CHECK(problem("name: a\nsteps:\n  - command: ls\n")
        == "w.yaml:3:5: step: id is missing; give it a name such as `id: "
           "check`");
  CHECK(problem("name: a\nsteps:\n  - id: x\n    command: a\n  - id: x\n    "
                "command: b\n")
        == "w.yaml:5:5: step: the id x stands twice; first in line 3");
  CHECK(problem("name: a\nsteps:\n  - id: x\n    command: a\n    fail: b\n")
        == "w.yaml:5:5: step x has both command and fail; make two steps of "
           "it");
  CHECK(problem("name: a\nsteps:\n  - {id: one, command: a}\n  - {id: two, "
                "needs: [on], command: b}\n")
        == "w.yaml:4:6: step two: needs on, but there is no such step; did you "
           "mean one?");
  CHECK(problem("name: a\nsteps:\n  - {id: a, needs: [b], command: x}\n  - "
                "{id: b, needs: [a], command: x}\n")
        == "w.yaml:3:6: step a: waits for itself: a -> b -> a; remove one of "
           "these needs");
  CHECK(problem("name: a\nsteps:\n  - {id: a, when: '.vars.', command: x}\n")
          .starts_with("w.yaml:3:6: step a: when: `.vars.` is no jq: "));
  CHECK(problem("name: a\nsteps:\n  - {id: a, when: .steps.b.state, command: "
                "x}\n  - {id: b, command: x}\n")
        == "w.yaml:3:6: step a: when: step b need not have ended when this is "
           "evaluated; add it to needs");
  CHECK(problem("name: a\nvars: {total: 0}\nsteps:\n  - {id: a, set: {totl: "
                "1}}\n")
        == "w.yaml:4:6: step a: sets the variable totl, which is not declared "
           "under vars; did you mean total?");
  CHECK(problem("name: a\nsteps:\n  - {id: a, command: x, timeout: 5}\n")
        == "w.yaml:3:25: step a: timeout: expected a length of time such as "
           "250ms, 10s, 5m or 2h, got \"5\"");
  CHECK(problem("name: a\nsteps:\n  - {id: a, command: x, budget: -1}\n")
          .find("an amount of dollars")
        != std::string::npos);
  CHECK(problem("name: a\nsteps:\n  - {id: a, command: x, retry: {max: 101}}\n")
          .find("a whole number from 0 to 100")
        != std::string::npos);
  CHECK(problem("name: a\nsteps: x\n")
        == "w.yaml:2:8: steps: expected a list of at least one step");
  CHECK(problem("name: a\n")
        == "w.yaml:1:1: steps is missing; a workflow needs at least one");
  CHECK(problem("name: a\nname: b\nsteps:\n  - {id: a, command: x}\n")
          .find("the key name stands twice")
        != std::string::npos);
  CHECK(problem("a: [").find(": this is no YAML: ") != std::string::npos);
  CHECK(problem("").find("the file is empty") != std::string::npos);
}

TEST_CASE("roles and models that nobody knows are found at load") {
  load_context context{{"code", "debug"}, {"gpt-x"}, {}};
  CHECK(problem("name: a\nsteps:\n  - id: a\n    agent: {role: cod, prompt: x, "
                "model: gpt-y}\n",
                context)
        == "w.yaml:3:5: step a: there is no model gpt-y; did you mean gpt-x? "
           "`themachine model list` shows all\n"
           "w.yaml:3:5: step a: there is no role cod; did you mean code?");
}

TEST_CASE("tools that a role has not are found at load") {
  load_context context{{"code"}, {}, {{"code", {"read_file", "run_command"}}}};
  auto with = [&](const std::string& tools) {
    return problem(
      "name: a\nsteps:\n  - id: a\n    agent: {role: code, prompt: "
      "x, tools: ["
        + tools + "]}\n",
      context);
  };
  CHECK(with("read_file") == "none");
  CHECK(with("read_flie")
        == "w.yaml:3:5: step a: the role code has no tool read_flie; did you "
           "mean read_file?");
}

TEST_CASE("a file that is too large is refused before it is read") {
  test::temporary_directory dir;
  auto path = dir / "large.yaml";
  std::ofstream{path}.close();
  std::filesystem::resize_file(path, 100'000'000);
  auto x = load_workflow_file(path);
  REQUIRE(!x);
  CHECK(code_of(x.error()) == ec::limit_exceeded);
  CHECK(message_of(x.error())
        == path
             + ": the file has 100000000 bytes; a workflow has at most "
               "1048576");
}

TEST_CASE("bombs of YAML are refused") {
  CHECK(problem("a: &a [1]\nb: [*a, *a]\n").find("anchors")
        != std::string::npos);
  CHECK(problem(std::string(200, '[') + std::string(200, ']')) != "none");
  CHECK(problem("name: a\nsteps:\n  - id: a\n    set: {x: "
                + std::string(60, '[') + std::string(60, ']') + "}\n")
          .find("nested deeper than 48")
        != std::string::npos);
}

TEST_CASE("a workflow that was changed at random is refused or read") {
  CHECK(rc::check([] {
    std::string text = good;
    for (auto left = *rc::gen::inRange(1, 8); left > 0; --left) {
      auto at = *rc::gen::inRange<size_t>(0, text.size());
      switch (*rc::gen::inRange(0, 3)) {
        case 0: text.erase(at, *rc::gen::inRange<size_t>(1, 20)); break;
        case 1: text[at] = *rc::gen::arbitrary<char>(); break;
        default:
          text.insert(at, *rc::gen::element<std::string>(
                            "[", "{", ": ", "- ", "\n", "&a ", "*a", "\"",
                            "${{", "}}", "\t"));
      }
    }
    auto x = load_workflow(text, "w.yaml");
    if (!x)
      RC_ASSERT(!message_of(x.error()).empty());
  }));
}

TEST_CASE("a file that could not be looked at is not blamed") {
  problems found{"w.yaml"};
  found.add({3, 1}, "it is wrong");
  CHECK(code_of(found.to_error()) == ec::invalid_argument);
  found.interrupt(make_error(ec::unavailable, "nobody evaluates jq"));
  CHECK(!found.empty());
  CHECK(code_of(found.to_error()) == ec::unavailable);
  CHECK(message_of(found.to_error()) == "w.yaml: nobody evaluates jq");
}
