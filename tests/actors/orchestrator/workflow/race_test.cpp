#include "tests/actors/orchestrator/workflow/mistake.hpp"

#include <catch2/catch.hpp>

using namespace machine;
using namespace machine::orchestrator;
using test::mistake;
using test::wrong_steps;

namespace {

std::string set(const std::string& id, const std::string& more = "") {
  return "{id: " + id + ", " + more + "set: {n: '1'}}";
}

void races(const std::string& steps, const std::string& one,
           const std::string& other) {
  INFO(steps);
  CHECK(wrong_steps(steps).find(
          "step " + one + ": sets the variable n, as " + other
          + " may at the same time; add one of them to the needs of the "
            "other, or give n a reducer under reducers")
        != std::string::npos);
}

} // namespace

TEST_CASE("steps that may set a variable at the same time are told") {
  CHECK(wrong_steps("  - " + set("a") + "\n  - " + set("b") + "\n")
        == "w.yaml:6:6: step b: sets the variable n, as a may at the same "
           "time; add one of them to the needs of the other, or give n a "
           "reducer under reducers");
  CHECK(
    wrong_steps("  - " + set("a") + "\n  - " + set("b", "needs: [a], ") + "\n")
    == "none");
  CHECK(wrong_steps("  - " + set("a")
                    + "\n  - {id: x, needs: [a], command: x}\n  - "
                    + set("b", "needs: [x], ") + "\n")
        == "none");
  CHECK(mistake("name: w\nvars: {n: 0}\nreducers: {n: add}\nsteps:\n  - "
                + set("a") + "\n  - " + set("b") + "\n")
        == "none");
  CHECK(wrong_steps("  - " + set("a") + "\n  - {id: b, set: {notes: '1'}}\n")
        == "none");
}

TEST_CASE("blocks set variables as their steps do") {
  auto block = [](const std::string& id, const std::string& inner,
                  const std::string& needs = "") {
    return "  - {id: " + id + ", " + needs
         + "repeat: {max: 1, until: 'true', steps: [" + inner + "]}}\n";
  };
  races(block("a", set("b")) + "  - " + set("c") + "\n", "c", "b");
  races(block("a", set("b")) + block("c", set("d")), "d", "b");
  CHECK(wrong_steps(block("a", set("b")) + block("c", set("d"), "needs: [a], "))
        == "none");
  races(block("a", set("b") + ", " + set("c")), "c", "b");
  // What handles a failure follows the step that failed, and no other.
  std::string handled = "  - {id: a, repeat: {max: 1, until: 'true', steps: ["
                      + set("b") + "]}, on_failure: [" + set("c") + "]}\n";
  CHECK(wrong_steps(handled) == "none");
  races(handled + "  - " + set("d") + "\n", "d", "b");
  races("  - {id: a, command: x, on_failure: [" + set("b") + "]}\n  - "
          + set("c") + "\n",
        "c", "b");
  CHECK(wrong_steps("  - {id: a, command: x, on_failure: [" + set("b")
                    + "]}\n  - " + set("c", "needs: [a], ") + "\n")
        == "none");
  // Steps are undone one after the other, when all else has ended.
  CHECK(wrong_steps("  - {id: a, command: x, undo: [" + set("b")
                    + "]}\n  - {id: c, command: x, undo: [" + set("d")
                    + "]}\n  - " + set("e") + "\n")
        == "none");
  races("  - {id: a, command: x, undo: [" + set("b") + ", " + set("c") + "]}\n",
        "c", "b");
}

TEST_CASE("cases of a route exclude each other") {
  CHECK(wrong_steps("  - id: a\n    route: [{when: .vars.n > 3, steps: ["
                    + set("b") + "]}, {steps: [" + set("c") + "]}]\n")
        == "none");
  races("  - id: a\n    route: [{steps: [" + set("b") + ", " + set("c")
          + "]}]\n",
        "c", "b");
}

TEST_CASE("items at the same time set a variable at the same time") {
  auto each = [](const std::string& parallel, const std::string& inner) {
    return wrong_steps("  - id: a\n    foreach: {items: '[1]', max: 1, "
                       "parallel: "
                       + parallel + ", steps: [" + inner + "]}\n");
  };
  CHECK(each("1", set("b")) == "none");
  CHECK(each("2", set("b"))
        == "w.yaml:6:59: step b: sets the variable n for several items of a at "
           "the same time; give n a reducer under reducers, or parallel: 1 to "
           "a");
  CHECK(each("2", "{id: b, set: {notes: '1'}}") != "none");
  CHECK(each("2", "{id: b, route: [{steps: [" + set("c") + "]}]}")
          .find("step c: sets the variable n for several items")
        != std::string::npos);
  CHECK(each("2", "{id: b, command: x, undo: [" + set("c") + "]}") == "none");
}

TEST_CASE("many steps that set a variable are looked at quickly") {
  std::string text;
  for (int i = 0; i < 500; ++i)
    text += "  - "
          + set("s" + std::to_string(i),
                i > 0 ? "needs: [s" + std::to_string(i - 1) + "], " : "")
          + "\n";
  CHECK(wrong_steps(text) == "none");
}

TEST_CASE("a reducer fits what its variable begins as") {
  auto with = [](const std::string& how, const std::string& value) {
    return mistake("name: w\nvars: {v: " + value + "}\nreducers: {v: " + how
                   + "}\nsteps:\n  - {id: a, set: {v: '1'}}\n");
  };
  for (auto how : {"append", "union"}) {
    CHECK(with(how, "[1]") == "none");
    CHECK(with(how, "{}")
          == "w.yaml:3:12: reducers: " + std::string{how}
               + " needs a list such as [] to begin with, and v begins as {}");
  }
  CHECK(with("merge", "{a: 1}") == "none");
  CHECK(with("merge", "null")
        == "w.yaml:3:12: reducers: merge needs a map such as {} to begin with, "
           "and v begins as null");
  CHECK(with("add", "-1.5") == "none");
  CHECK(with("add", "null")
        == "w.yaml:3:12: reducers: add needs a number such as 0 to begin with, "
           "and v begins as null");
  CHECK(with("add", "'0'") != "none");
  for (auto how : {"max", "min"}) {
    CHECK(with(how, "0") == "none");
    CHECK(with(how, "null") == "none");
    CHECK(with(how, "[]")
          == "w.yaml:3:12: reducers: " + std::string{how}
               + " needs a number, or null for none to begin with, and v "
                 "begins as []");
  }
  for (auto value : {"0", "null", "[]", "{}", "x", "true"})
    CHECK(with("replace", value) == "none");
  CHECK(with("apend", "[]")
        == "w.yaml:3:12: reducers: there is no reducer apend; did you mean "
           "append?");
  CHECK(with("sum", "0")
        == "w.yaml:3:12: reducers: there is no reducer sum; there are replace, "
           "append, union, merge, add, max, min");
  CHECK(mistake("name: w\nvars: {total: 0}\nreducers: {totl: "
                "add}\nsteps:\n  - {id: a, command: x}\n")
        == "w.yaml:3:12: reducers: there is no variable totl; declare it under "
           "vars; did you mean total?");
}

TEST_CASE("waits for one signal agree on its schema") {
  auto with = [](const std::string& first, const std::string& second) {
    return wrong_steps("  - {id: a, wait: {signal: s" + first
                       + "}}\n  - {id: b, wait: {signal: s" + second + "}}\n");
  };
  std::string one = ", schema: {type: object, required: [to]}";
  std::string same = ", schema: {required: [to], type: object}";
  CHECK(with("", "") == "none");
  CHECK(with(one, same) == "none");
  for (auto& [x, y] : {std::pair{one, std::string{}},
                       {std::string{}, one},
                       {one, ", schema: {type: string}"}})
    CHECK(with(x, y)
          == "w.yaml:6:6: step b: waits for the signal s with another schema "
             "than a; give both the same, for either may take it");
  CHECK(wrong_steps("  - {id: a, wait: {signal: s" + one
                    + ", deadline: 1m, default: {to: x}}}\n")
        == "none");
  CHECK(wrong_steps("  - {id: a, wait: {signal: s" + one
                    + ", deadline: 1m, default: {}}}\n")
          .ends_with("; make it something that the signal could bring"));
}
