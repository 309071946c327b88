#include "tests/actors/orchestrator/workflow/mistake.hpp"

#include <catch2/catch.hpp>

using namespace machine;
using namespace machine::orchestrator;
using test::mistake;
using test::wrong_steps;

TEST_CASE("a step whose condition never holds is never reached") {
  for (auto never : {"'false'", "' null '"})
    CHECK(
      wrong_steps("  - {id: a, command: x, when: " + std::string{never} + "}\n")
      == "w.yaml:5:6: step a: is never reached, for its when never holds; "
         "remove it, or its when");
  CHECK(wrong_steps("  - {id: a, command: x, when: 'true'}\n") == "none");
  CHECK(wrong_steps("  - {id: a, command: x, when: '.vars.n == null'}\n")
        == "none");
}

TEST_CASE("a state that no step is ever in is told") {
  auto with = [](const std::string& when) {
    return wrong_steps("  - {id: a, command: x}\n  - {id: b, needs: [a], "
                       "command: x, when: '"
                       + when + "'}\n");
  };
  CHECK(with(".steps.a.state == \"dnoe\"")
        == "w.yaml:6:6: step b: when: no step is ever in the state dnoe; there "
           "are done, failed, skipped and stopped; did you mean done?");
  CHECK(with("\"ok\" != .steps.a.state")
        == "w.yaml:6:6: step b: when: no step is ever in the state ok; there "
           "are done, failed, skipped and stopped");
  for (auto state : {"done", "failed", "skipped", "stopped"})
    CHECK(with(".steps.a.state == \"" + std::string{state} + "\"") == "none");
  CHECK(with(".steps.a.state == \"do\" + \"ne\"") == "none");
  CHECK(with(".steps.a.output.output == \"dnoe\"") == "none");
}

TEST_CASE("a case that is never reached is told") {
  auto with = [](const std::string& first, const std::string& second) {
    return wrong_steps("  - id: a\n    route:\n      - {" + first
                       + "steps: [{id: b, command: x}]}\n      - {" + second
                       + "steps: [{id: c, command: x}]}\n");
  };
  CHECK(with("when: .vars.n > 3, ", "") == "none");
  CHECK(with("when: .vars.n > 3, ", "when: 'true', ") == "none");
  CHECK(with("", "")
        == "w.yaml:7:9: step a: route: case 1: when is missing, so that the "
           "cases after it are never reached; add it, or make this the last");
  CHECK(with("when: 'true', ", "")
        == "w.yaml:5:5: step a: case 1 always holds, so that the cases after "
           "it are never reached; make it the last");
  CHECK(with("when: 'false', ", "")
        == "w.yaml:5:5: step a: case 1 is never reached, for its when never "
           "holds; remove it");
  CHECK(with("when: .vars.n > 3, name: x, ", "name: x, ")
        == "w.yaml:5:5: step a: case 2: two cases are called x; give one "
           "another name");
}

TEST_CASE("what comes after the end of the run is never reached") {
  CHECK(wrong_steps("  - {id: a, fail: x}\n  - {id: b, needs: [a], command: "
                    "x}\n  - {id: c, needs: [b], command: x}\n")
        == "w.yaml:6:6: step b: is never reached: it needs a, which always "
           "ends the run; give a a when, or remove this step\n"
           "w.yaml:7:6: step c: is never reached: it needs a, which always "
           "ends the run; give a a when, or remove this step");
  CHECK(wrong_steps("  - {id: a, fail: x, when: .vars.n > 3}\n  - {id: b, "
                    "needs: [a], command: x}\n")
        == "none");
  auto block = [](const std::string& kind) {
    return wrong_steps("  - {id: a, " + kind
                       + "}\n  - {id: b, needs: [a], command: x}\n");
  };
  CHECK(block("repeat: {max: 2, until: 'true', steps: [{id: c, fail: x}]}")
          .starts_with("w.yaml:6:6: step b: is never reached: it needs a"));
  CHECK(block("foreach: {items: .inputs.files, steps: [{id: c, fail: x}]}")
        == "none");
  CHECK(block("route: [{when: .vars.n > 3, steps: [{id: c, fail: x}]}]")
        == "none");
  CHECK(block("command: x, on_failure: [{id: c, fail: x}]") == "none");
}

TEST_CASE("a time that never comes is told") {
  auto wait = [](const std::string& what) {
    return wrong_steps("  - {id: a, wait: " + what + "}\n");
  };
  CHECK(wait("{until: tomorrow}")
        == "w.yaml:5:20: step a: wait: until: \"tomorrow\" is no instant such "
           "as 2027-01-01T09:00:00Z, so that it would never come");
  CHECK(wait("{until: 2027-02-30T00:00:00Z}") != "none");
  CHECK(wait("{until: 2027-01-01T09:00:00Z}") == "none");
  CHECK(wait("{until: 1800000000000}") == "none");
  CHECK(wait("{until: \"${{ .inputs.what }}\"}") == "none");
  CHECK(wait("{until: -1}") != "none");
  CHECK(wait("5 minutes")
        == "w.yaml:5:19: step a: wait: \"5 minutes\" is no length of time such "
           "as 250ms, 10s, 5m or 2h");
  CHECK(wait("0s").starts_with("w.yaml:5:19: step a: wait: 0 is no time"));
  CHECK(wait("{for: \"${{ .inputs.what }}\"}") == "none");
  CHECK(wait("{for: \"${{ .inputs.wat }}\"}")
          .starts_with("w.yaml:5:6: step a: for: there is no input wat"));
  // It waits for somebody.
  CHECK(wait("{signal: go}") == "none");
  CHECK(wrong_steps("  - {id: a, repeat: {max: 3, until: 'false', steps: [{id: "
                    "b, command: x}]}}\n")
        == "none");
}

TEST_CASE("rounds and items multiply to a bound") {
  auto nested = [](const std::string& outer, const std::string& inner) {
    return wrong_steps("  - id: a\n    foreach: {items: .inputs.files, max: "
                       + outer
                       + ", steps: [{id: b, repeat: {until: 'false', "
                         "max: "
                       + inner + ", steps: [{id: c, command: x}]}}]}\n");
  };
  CHECK(nested("100", "100") == "none");
  CHECK(nested("100", "101")
        == "w.yaml:6:56: step b: repeat: its max times those of the blocks "
           "around it is more than 10000 rounds; lower one of them");
  CHECK(wrong_steps("  - id: a\n    foreach: {items: .inputs.files, steps: "
                    "[{id: b, foreach: {items: .item.path, steps: [{id: c, "
                    "command: x}]}}]}\n")
          .find("step b: foreach: its max times those")
        != std::string::npos);
  CHECK(wrong_steps("  - id: a\n    foreach: {items: .inputs.files, steps: "
                    "[{id: b, route: [{steps: [{id: c, command: x}]}]}]}\n")
        == "none");
}

TEST_CASE("calls at the same time have a budget each") {
  auto with = [](const std::string& parallel, const std::string& step) {
    return mistake("name: w\nworkflows: {v: {steps: [{id: a, command: x}]}}\n"
                   "steps:\n  - id: a\n    budget: 5\n    foreach:\n      "
                   "items: '[1, 2]'\n      max: 2\n      parallel: "
                   + parallel + "\n      steps:\n        - {id: b, " + step
                   + "}\n");
  };
  CHECK(with("1", "call: v") == "none");
  CHECK(with("2", "call: {workflow: v, budget: 1}") == "none");
  CHECK(with("2", "call: v")
        == "w.yaml:11:12: step b: call: a does this for several items at the "
           "same time, and the first would take the money of the others; give "
           "the call a budget of its own, inside of call");
  std::string deep = "route: [{steps: [{id: c, call: v}]}]";
  CHECK(with("2", deep).find("step c: call: a does this for several")
        != std::string::npos);
  CHECK(with("2", "route: [{steps: [{id: c, call: {workflow: v, budget: "
                  "1}}]}]")
        == "none");
  CHECK(with("2", "agent: {role: code, prompt: p}") == "none");
}
