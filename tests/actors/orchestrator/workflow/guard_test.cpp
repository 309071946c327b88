#include "tests/actors/orchestrator/workflow/mistake.hpp"

#include "tests/support/text.hpp"

#include <catch2/catch.hpp>

using namespace machine;
using namespace machine::orchestrator;
using namespace machine::test;

namespace {

std::string wrong_guard(const std::string& text) {
  return mistake(
    "name: w\nsteps:\n  - id: a\n    model: {prompt: p}\n    guard: " + text
    + "\n");
}

} // namespace

TEST_CASE("a guard is read where it stands") {
  auto x = load_workflow("name: w\nguard: {window: 30}\nsteps:\n  - {id: a, "
                         "model: {prompt: p}, guard: {repeats: 4, deadline: "
                         "1h, default: continue, assignee: ann}}\n  - {id: b, "
                         "model: {prompt: p}, guard: off}\n",
                         "w.yaml");
  REQUIRE(x);
  CHECK(x->guard->window == 30u);
  CHECK(x->steps[0].guard->repeats == 4u);
  CHECK(x->steps[0].guard->default_answer == "continue");
  CHECK(x->steps[0].guard->on == true);
  CHECK(!x->steps[0].guard->window);
  CHECK(x->steps[1].guard->on == false);
}

TEST_CASE("what is wrong with a guard is said with its place and its mending") {
  CHECK(wrong_guard("perhaps")
        == "w.yaml:5:5: step a: guard is perhaps; it can be on or off, or a "
           "map such as `{repeats: 3, window: 20}`");
  CHECK(has(wrong_guard("{repeats: 1}"), "a whole number from 2 to 10"));
  CHECK(has(wrong_guard("{cycle: 9}"), "a whole number from 1 to 8"));
  CHECK(has(wrong_guard("{windows: 9}"), "window"));
  CHECK(has(wrong_guard("{times: 30}"), "raise window or lower times"));
  CHECK(has(wrong_guard("{window: 6}"), "set failures to 6 or less"));
  CHECK(has(wrong_guard("{default: stop}"), "add a deadline"));
  CHECK(has(wrong_guard("{deadline: 1h, default: hint}"), "continue or stop"));
  CHECK(has(wrong_guard("{deadline: 0s}"), "would always have passed"));
  CHECK(has(mistake("name: w\nsteps:\n  - {id: a, command: x, guard: off}\n"),
            "w.yaml:3:25: step a: guard means nothing beside command"));
}
