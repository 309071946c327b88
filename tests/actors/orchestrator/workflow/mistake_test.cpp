#include "actors/orchestrator/workflow/load.hpp"

#include "runtime/wire/wire.hpp"
#include "tests/support/directory.hpp"

#include <catch2/catch.hpp>

#include <filesystem>

using namespace machine;
using namespace machine::orchestrator;

namespace {

std::string mistake_in(std::string_view text,
                       const std::string& file = "w.yaml") {
  auto x = load_workflow(text, file);
  return x ? "none" : message_of(x.error());
}

/// What is wrong with the one step *fields*, in line 3.
std::string wrong(const std::string& fields) {
  auto text = mistake_in("name: w\nsteps:\n  - {id: a, " + fields + "}\n");
  auto place = text.find(": ");
  return place == text.npos ? text : text.substr(place + 2);
}

bool has(const std::string& text, std::string_view part) {
  INFO(text);
  CHECK(text.find(part) != text.npos);
  return text.find(part) != text.npos;
}

/// A workflow of *count* steps that are each `command: x`.
std::string many_steps(size_t count, const std::string& more = "") {
  std::string text = "name: w\nsteps:\n";
  for (size_t i = 0; i < count; ++i)
    text += "  - {id: s" + std::to_string(i) + ", command: x" + more + "}\n";
  return text;
}

} // namespace

TEST_CASE("what means nothing to a kind of step is refused with its place") {
  CHECK(
    mistake_in("name: w\nsteps:\n  - id: a\n    approve: ok\n    timeout: 5s\n")
    == "w.yaml:5:5: step a: timeout means nothing beside approve; use "
       "deadline inside of approve");
  for (auto kind : {"set: {}", "fail: x", "approve: x"})
    for (auto field :
         {"timeout: 1s", "retry: {max: 1}", "budget: 1", "idempotent: false"}) {
      CAPTURE(kind, field);
      has(wrong(std::string{kind} + ", " + field), "means nothing beside");
    }
  std::string block =
    "repeat: {max: 1, until: 'true', steps: [{id: b, command: x}]}";
  for (auto field : {"timeout: 1s", "retry: {max: 1}", "idempotent: false"})
    has(wrong(block + ", " + field), "give it to the steps of the block");
  CHECK(wrong(block + ", budget: 1") == "none");
  has(wrong("fail: x, on_failure: continue"), "it always ends the run");
  has(wrong("model: {prompt: p}, idempotent: false"), "means nothing beside");
}

TEST_CASE("a retry that would never happen is refused") {
  CHECK(wrong("command: x, retry: {backoff: 1s}")
        == "step a: retry: max is missing; say how often to try again, such as "
           "`max: 3`");
  CHECK(wrong("command: x, retry: {max: 1, on: [timout]}")
        == "step a: retry: timout is no error code; did you mean timeout?");
  CHECK(wrong("command: x, retry: {max: 1, on: [none]}")
        == "step a: retry: none is no error code; one is timeout, or "
           "provider_failed, or for several of them transient, provider or "
           "any");
  CHECK(wrong("command: x, retry: {max: 1, on: [internal, overloaded]}")
        == "none");
  has(wrong("command: x, retry: {max: 1, factor: 0.5}"),
      "a number from 1 to 10");
  has(wrong("command: x, retry: {max: 1, jitter: 2}"), "a number from 0 to 1");
  has(wrong("command: x, retry: {max: 1, backof: 1s}"),
      "unknown key backof; did you mean backoff?");
  has(wrong("command: x, retry: 3"), "expected a map, got \"3\"");
}

TEST_CASE("an expression that is no jq is found wherever it stands") {
  for (auto step :
       {"command: x, when: '.a |'", "set: {n: '.a |'}",
        "command: 'echo ${{ .a | }}'", "command: [echo, '${{ .a | }}']",
        "command: {argv: [x], environment: {A: '${{ .a | }}'}}",
        "agent: {role: code, prompt: '${{ .a | }}'}",
        "agent: {role: code, prompt: p, model: '${{ .a | }}'}",
        "model: {prompt: '${{ .a | }}'}",
        "model: {prompt: p, system: '${{ .a | }}'}",
        "model: {prompt: p, model: '${{ .a | }}'}", "approve: '${{ .a | }}'",
        "approve: {question: q, assignee: '${{ .a | }}'}",
        "fail: '${{ .a | }}'",
        "repeat: {max: 1, until: '.a |', steps: [{id: b, command: x}]}"}) {
    CAPTURE(step);
    auto text =
      mistake_in(std::string{"name: w\nvars: {n: 0}\nsteps:\n  - {id: a, "}
                 + step + "}\n");
    has(text, "w.yaml:4:6: step a: ");
    has(text, "is no jq: syntax error");
  }
  has(mistake_in("name: w\noutput: '.a |'\nsteps:\n  - {id: a, command: x}\n"),
      "w.yaml:2:1: output: `.a |` is no jq");
  has(wrong("command: '${{ .a'"), "is not closed by `}}`");
  has(wrong("command: x, when: now > 1"), "reaches outside of the run");
}

TEST_CASE("an expression refers only to what there is by then") {
  std::string head = "name: w\nvars: {total: 0}\ninputs: {what: {type: string}}"
                     "\nsteps:\n  - {id: a, command: x}\n"
                     "  - id: b\n    repeat: {max: 2, until: 'true', steps: "
                     "[{id: c, command: x}]}\n";
  auto with = [&](const std::string& expression) {
    return mistake_in(head + "  - {id: d, needs: [a, b], command: x, when: '"
                      + expression + "'}\n");
  };
  CHECK(with(".steps.a.state == \"done\"") == "none");
  has(with(".vars.totl"), "there is no variable totl");
  has(with(".inputs.wat"), "there is no input wat");
  has(with(".step.a"), "there is no .step; did you mean steps?");
  has(with(".steps.aa.state"), "there is no step aa");
  has(with(".steps.c.state"),
      "step c is inside the block b; use .steps.b.output.steps.c");
  has(with(".steps.d.state"), "need not have ended when this is evaluated");
}

TEST_CASE("a cycle is named, whatever its length") {
  has(wrong("needs: [a], command: x"), "step a: waits for itself: a -> a");
  std::string text = "name: w\nsteps:\n";
  for (int i = 0; i < 400; ++i)
    text += "  - {id: s" + std::to_string(i) + ", needs: [s"
          + std::to_string((i + 1) % 400) + "], command: x}\n";
  has(mistake_in(text), "waits for itself: s0 -> s1 -> ");
  // A block is one step to those around it.
  has(
    mistake_in("name: w\nsteps:\n  - {id: a, needs: [b], command: x}\n  - id: "
               "b\n    needs: [a]\n    repeat: {max: 1, until: 'true', steps: "
               "[{id: c, command: x}]}\n"),
    "waits for itself: a -> b -> a");
  has(mistake_in("name: w\nsteps:\n  - {id: a, command: x}\n  - id: b\n    "
                 "repeat: {max: 1, until: 'true', steps: [{id: c, needs: [a], "
                 "command: x}]}\n"),
      "which is in another block");
}

TEST_CASE("a value of a wrong type is told with what was expected") {
  has(wrong("command: {argv: {}}"), "argv: expected a list of texts");
  has(wrong("command: []"), "expected a command");
  has(wrong("command: [[x]]"), "expected a word of the command");
  has(wrong("command: x, needs: {b: c}"), "needs: expected a list of texts");
  has(wrong("command: x, when: [1]"), "when: expected text, got a list");
  has(wrong("agent: {role: code, prompt: p, max_turns: 201}"),
      "a whole number from 1 to 200");
  has(wrong("model: {prompt: p, max_output_tokens: 0}"),
      "a whole number from 1 to 128000");
  has(wrong("model: {prompt: p, output: 3}"), "a JSON Schema is an object");
  has(wrong("model: {prompt: p, output: {type: strng}}"), "a wrong type");
  has(wrong("repeat: {max: 0, until: 'true', steps: [{id: b, command: x}]}"),
      "a whole number from 1 to 1000");
  has(wrong("repeat: {max: 1, until: 'true', steps: []}"),
      "expected a list of at least one step");
  has(wrong("command: x, idempotent: maybe"), "true or false");
  has(wrong("command: x, on_failure: stop"), "it can be fail or continue");
  has(wrong("command: x, timeout: 0s"), "would always have passed");
  has(mistake_in("- a\n- b\n"), "workflow: expected a map, got a list");
  has(mistake_in("name: w\nvars: [1]\nsteps:\n  - {id: a, command: x}\n"),
      "vars: expected a map, got a list");
  has(mistake_in("name: w\ninputs: 3\nsteps:\n  - {id: a, command: x}\n"),
      "inputs: expected a map");
}

TEST_CASE("a default answer is one that a person could give") {
  has(wrong("approve: {question: q, deadline: 1h, default: null}"),
      "null is no default");
  has(wrong("approve: {question: q, deadline: 1h, default: 3}"),
      "such as {approved: false}");
  has(wrong("approve: {question: q, default: {approved: true}}"),
      "a default without a deadline is never used");
  has(wrong("approve: {question: q, answer: {type: integer}, deadline: 1h, "
            "default: many}"),
      "make it an answer that a person could give");
}

TEST_CASE("what is too much of something is told with the bound") {
  CHECK(mistake_in(many_steps(max_workflow_steps)) == "none");
  has(mistake_in(many_steps(max_workflow_steps + 1)), "at most 500 steps");
  std::string needs = ", needs: [s0";
  for (int i = 0; i < 200; ++i)
    needs += ", s0";
  has(mistake_in(many_steps(60, needs + "]")), "name more than 10000 steps");
  std::string text = "name: w\nsteps:\n  - id: a\n    command:\n";
  for (size_t i = 0; i <= max_workflow_expressions; ++i)
    text += "      - \"${{ .vars }}\"\n";
  has(mistake_in(text), "at most 2000 expressions");
  has(wrong("command: x, when: '" + std::string(17'000, ' ') + "1'"),
      "at most 16384 are allowed");
  has(wrong("repeat: {max: 1000, until: 'true', steps: [{id: b, repeat: {max: "
            "1000, until: 'true', steps: [{id: c, command: x}]}}]}"),
      "more than 10000 rounds");
  has(mistake_in(std::string(max_workflow_bytes + 1, ' ')), "at most 1048576");
}

TEST_CASE("a mistake in a long line is told shortly") {
  auto text = mistake_in("name: w\nsteps:\n  - {id: a, command: x, "
                         + std::string(100'000, 'k') + ": 1}\n");
  CHECK(text.size() < 2'000);
  CHECK(mistake_in("name: w\nsteps:\n  - {id: a, command: x, needs: ["
                   + std::string(100'000, 'n') + "]}\n")
          .size()
        < 2'000);
  CHECK(mistake_in(many_steps(300, ", nonsense: 1")).size() < 20'000);
}

TEST_CASE("JSON is told with lines as YAML is") {
  CHECK(mistake_in("{\"name\": \"w\",\n \"steps\": [\n  {\"id\": \"a\",\n   "
                   "\"comand\": \"x\"}]}",
                   "w.json")
        == "w.json:3:3: step a does nothing; give it one of agent, model, "
           "tool, command, approve, wait, call, foreach, repeat, route, set, "
           "fail\n"
           "w.json:4:4: step a: unknown key comand; did you mean command?");
  has(mistake_in("{\n\"name\": \"w\",\n\"steps\": [}\n", "w.json"),
      "w.json:3:");
  CHECK(mistake_in("{\"name\": \"w\",\n\"name\": \"v\"}", "w.json")
        == "w.json:2:1: the key name stands twice; remove one");
  has(mistake_in("{\"a\": \xff}", "w.json"), "not UTF-8");
}

TEST_CASE("text that is nested without end is refused and breaks nothing") {
  for (std::string opener : {"[", "{", "- ", "? ", "{a: ", "[{\"a\": "}) {
    CAPTURE(opener);
    std::string text = "name: ";
    while (text.size() < 200'000)
      text += opener;
    CHECK(mistake_in(text) != "none");
    CHECK(mistake_in(text.substr(6)) != "none");
    CHECK(mistake_in("{\"a\": " + text.substr(6), "w.json") != "none");
  }
}

TEST_CASE("a file has one document, and not documents without end") {
  CHECK(mistake_in("name: w\n---\nname: v\n")
        == "w.yaml:2:1: another document begins here; one is expected");
  CHECK(mistake_in(",")
        == "w.yaml:1:1: another document begins here; one is "
           "expected");
  has(mistake_in("{a: {b: [{\"c:\"d\": 1}]}}, {e: f}"), "w.yaml:1:");
}

TEST_CASE("aliases, which multiply, are not followed") {
  std::string bomb = "name: w\na0: &a0 [x, x]\n";
  for (int i = 1; i < 30; ++i)
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [*a"
          + std::to_string(i - 1) + ", *a" + std::to_string(i - 1) + "]\n";
  has(mistake_in(bomb), "w.yaml:2:5: anchors (&name) are not read");
  has(mistake_in("name: w\nsteps: &s [1]\n<<: *s\n"), "aliases (*name)");
}

TEST_CASE("a path that is no file is refused by name") {
  test::temporary_directory dir;
  for (auto& path :
       {dir / "missing.yaml", std::filesystem::path{dir / "."}.string(),
        std::string{"/dev/zero"}}) {
    CAPTURE(path);
    auto x = load_workflow_file(path);
    REQUIRE(!x);
    has(message_of(x.error()), path);
  }
}
