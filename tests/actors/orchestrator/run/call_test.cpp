#include "tests/actors/orchestrator/run/run_under_test.hpp"

using namespace machine;
using namespace machine::test;

namespace {

constexpr const char* calling = R"(
name: w
workflows:
  lint:
    inputs: {path: {type: string}}
    steps: [{id: x, command: "lint ${{ .inputs.path }}"}]
    output: .inputs.path
steps:
  - id: sub
    call: {workflow: lint, inputs: {path: "src/${{ 1 + 1 }}"}}
    budget: 0.0005
    retry: {max: 1, on: [any], backoff: 1s}
output: .steps.sub.output
)";

const start_child& child(const run_under_test& it) {
  for (auto& x : it.effects)
    if (auto* start = std::get_if<start_child>(&x))
      return *start;
  FAIL("no child was begun");
  throw std::logic_error{"unreachable"};
}

child_is_over end_of(const run_under_test& it, run_result how) {
  child_is_over x;
  x.activation = "sub";
  x.token = it.order("sub").token;
  x.run = "r-1.1";
  x.result = how;
  x.code = how == run_result::done ? "" : "step_failed";
  x.message = how == run_result::done ? "" : "it broke";
  x.output = {R"("src/2")"};
  x.spent = 200;
  x.bill = {{.model = "m", .calls = 2, .usage = {}, .cost = 200}};
  return x;
}

} // namespace

TEST_CASE("a call runs another workflow as a run of its own") {
  run_under_test it{calling, 1'000};
  // What the constructor gave last granted the budget, and began the child.
  auto start = child(it);
  CHECK(start.run == "r-1.1");
  CHECK(start.what.workflow_name == "lint");
  CHECK(start.what.inputs.text == R"({"path":"src/2"})");
  CHECK(start.what.budget == 500);
  CHECK(start.what.parent->run == "r-1");
  CHECK(start.what.parent->token == it.order("sub").token);
  CHECK(it.state.leased == 500);
  SECTION("whose output is that of the step, and whose cost is its own") {
    REQUIRE(!it.give(end_of(it, run_result::done)));
    CHECK(it.state.output.text == R"("src/2")");
    CHECK(it.state.spent == 200);
    CHECK(it.state.leased == 0);
    CHECK(it.state.outbox.empty());
    CHECK(it.state.bill.size() == 1);
    // The project has the child's charges from the child.
    for (auto& x : it.effects)
      if (auto* close = std::get_if<close_books>(&x))
        CHECK(close->spent == 0);
  }
  SECTION("that is called again where it failed") {
    REQUIRE(!it.give(end_of(it, run_result::failed)));
    CHECK(it.phase("sub") == "retrying");
    it.now = *run::wake_at(it.state);
    REQUIRE(!it.give(wake_run{}));
    CHECK(child(it).run == "r-1.2");
    CHECK(child(it).what.budget == 300);
  }
  SECTION("that is there until it says that nothing of it lives") {
    REQUIRE(!it.give(cancel_run{"ann", "enough"}));
    CHECK(it.asked<cancel_child>() == 1);
    CHECK(it.state.phase == run_phase::closing);
    REQUIRE(!it.give(end_of(it, run_result::cancelled)));
    CHECK(it.state.phase == run_phase::ended);
    CHECK(it.state.result == run_result::cancelled);
    CHECK(it.state.spent == 200);
  }
  SECTION("that is begun again if the word was lost") {
    auto again = it.outstanding();
    REQUIRE(again.size() == 1);
    CHECK(std::get<start_child>(again[0]).what == start.what);
  }
  SECTION("of which only the present one counts") {
    auto late = end_of(it, run_result::done);
    late.token += 1;
    CHECK(code_of(it.give(late)) == ec::fenced);
  }
}

TEST_CASE("a call with inputs that do not fit fails") {
  auto text = std::string{calling};
  text.replace(text.find("src/${{ 1 + 1 }}"), 16, "${{ [] }}");
  run_under_test it{text};
  CHECK(it.state.result == run_result::failed);
  CHECK(it.state.message.starts_with("sub: inputs: "));
}

TEST_CASE("a run that was called tells who called it how it ended") {
  run_state state;
  timestamp now{};
  entity::context ctx{{"t", "r-1.1"}, now, 0};
  run_created what;
  what.workflow.text = normal_form(
    *load_workflow("name: w\nsteps: [{id: a, set: {}}]\noutput: '7'\n", "w"));
  what.budget = 5;
  what.parent = parent_link{"r-1", "sub", 3, 1};
  what.workspace = shared_workspace{"/dir", "branch", "base"};
  auto give = [&](const run_command& x) {
    entity::draft<run> to{state, ctx};
    REQUIRE(!run::decide(to, x));
    return to.take_effects();
  };
  auto asked = give(create_run{what});
  REQUIRE(asked.size() == 1);
  CHECK(std::get<request_budget>(asked[0]).from == "r-1");
  CHECK(give(grant_budget{5}).size() == 1);
  CHECK(state.phase == run_phase::ended);
  CHECK(!run::idle(state));
  auto told = give(books_are_closed{});
  REQUIRE(told.size() == 1);
  auto& word = std::get<tell_parent>(told[0]);
  CHECK(word.run == "r-1");
  CHECK(word.what.activation == "sub");
  CHECK(word.what.token == 3);
  CHECK(word.what.output.text == "7");
  CHECK(run::outstanding(state, ctx.key).size() == 1);
  give(parent_is_told{});
  CHECK(run::idle(state));
  CHECK(run::outstanding(state, ctx.key).empty());
}

TEST_CASE("a child has no more money than the blocks around its step") {
  run_under_test it{R"(
name: w
workflows:
  lint: {steps: [{id: x, command: lint}]}
steps:
  - id: around
    budget: 0.0003
    repeat: {max: 1, until: "true", steps: [{id: sub, call: lint}]}
)",
                    1'000};
  CHECK(child(it).what.budget == 300);
}
