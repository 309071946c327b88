#include "actors/orchestrator/run/failure.hpp"
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
  CHECK(start.what.parent->callers == std::vector<calling_run>{{"r-1", 1'000}});
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
  what.parent = parent_link{"r-1", "sub", 3, 1, {{"r-1", 10}}};
  what.workspace = shared_workspace{"/dir", "branch", "base"};
  auto give = [&](const run_command& x) {
    entity::draft<run> to{state, ctx};
    REQUIRE(!run::decide(to, x));
    return to.take_effects();
  };
  // Its project need not hear of it.
  auto told = give(create_run{what});
  CHECK(state.phase == run_phase::ended);
  CHECK(!run::idle(state));
  REQUIRE(told.size() == 2);
  CHECK(std::holds_alternative<close_trace>(told[0]));
  auto& word = std::get<tell_parent>(told[1]);
  CHECK(word.run == "r-1");
  CHECK(word.what.activation == "sub");
  CHECK(word.what.token == 3);
  CHECK(word.what.output.text == "7");
  CHECK(run::outstanding(state, ctx.key).size() == 1);
  give(parent_is_told{});
  CHECK(run::idle(state));
  CHECK(run::outstanding(state, ctx.key).empty());
}

TEST_CASE("a run that was called and fails at once would do so again") {
  run_under_test it{R"(
name: w
workflows:
  broken: {steps: [{id: x, fail: "no"}]}
steps: [{id: sub, call: broken}]
)"};
  run_state state;
  entity::context ctx{{"t", "r-1.1"}, it.now, 0};
  entity::draft<run> to{state, ctx};
  REQUIRE(!run::decide(to, create_run{child(it).what}));
  failure_finder finder;
  auto together = false;
  for (auto& event : to.take_events())
    finder.note({it.now, event, std::exchange(together, true)});
  CHECK(state.phase == run_phase::ended);
  CHECK(!finder.point());
}

TEST_CASE("what a run spends for another one is known to its project") {
  run_under_test it{R"(
name: w
workflows:
  lint: {steps: [{id: x, command: lint}]}
steps: [{id: sub, call: lint}]
)",
                    1'000};
  run_state state;
  entity::context ctx{{"t", "r-1.1"}, it.now, 0};
  std::vector<run_effect> effects;
  auto give = [&](const run_command& x) {
    entity::draft<run> to{state, ctx};
    REQUIRE(!run::decide(to, x));
    effects = to.take_effects();
  };
  auto what = child(it).what;
  give(create_run{what});
  REQUIRE(state.phase == run_phase::running);
  // As if a model had been called.
  auto token = state.activations.at("x").token;
  give(intend_effect{.effect = "x#1.1",
                     .activation = "x",
                     .token = token,
                     .kind = effect_kind::model,
                     .subject = "m",
                     .detail = {},
                     .lease = 100});
  give(finish_effect{.effect = "x#1.1",
                     .activation = "x",
                     .token = token,
                     .result = "{}",
                     .code = {},
                     .message = {},
                     .cost = 60});
  REQUIRE(effects.size() == 1);
  auto& post = std::get<post_charges>(effects[0]);
  CHECK(post.budget == what.budget);
  CHECK(post.callers == what.parent->callers);
  give(charges_are_posted{1});
  give(finish_attempt{.activation = "x", .token = token, .output = {"1"}});
  CHECK(state.phase == run_phase::ended);
  CHECK(!state.books_closed);
  REQUIRE(effects.size() == 2);
  CHECK(std::get<close_books>(effects[0]).spent == 60);
  give(books_are_closed{});
  REQUIRE(effects.size() == 1);
  CHECK(std::get<tell_parent>(effects[0]).what.spent == 60);
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
  auto what = child(it).what;
  CHECK(what.budget == 300);
  run_state state;
  entity::context ctx{{"t", "r-1.1"}, it.now, 0};
  entity::draft<run> to{state, ctx};
  REQUIRE(!run::decide(to, create_run{what}));
  auto refused = run::decide(to, intend_effect{.effect = "x#1.1",
                                               .activation = "x",
                                               .token = 1,
                                               .kind = effect_kind::model,
                                               .subject = "m",
                                               .detail = {},
                                               .lease = 301});
  CHECK(render(refused)
        == "budget_exceeded: this call could cost up to $0.000301, but of the "
           "$0.0003 that step around[1].sub of run r-1 has set aside for this "
           "run only $0.0003 is left; raise the budget of that step, or of a "
           "step around it, if one has one, or else that of its run with "
           "--budget");
}

TEST_CASE("a run that was called before callers were noted goes on by itself") {
  run_under_test it{calling, 1'000};
  auto what = child(it).what;
  what.parent->callers.clear();
  run_state state;
  entity::context ctx{{"t", "r-1.1"}, it.now, 0};
  run::apply(state, what, it.now);
  CHECK(run::outstanding(state, ctx.key).empty());
  REQUIRE(run::wake_at(state));
  entity::draft<run> to{state, ctx};
  REQUIRE(!run::decide(to, wake_run{}));
  CHECK(state.phase == run_phase::running);
  auto token = state.activations.at("x").token;
  intend_effect call{"x#1.1", "x", token, effect_kind::model, "m", {}};
  call.lease = 100;
  REQUIRE(!run::decide(to, call));
  REQUIRE(!run::decide(to, finish_effect{.effect = "x#1.1",
                                         .activation = "x",
                                         .token = token,
                                         .result = "{}",
                                         .code = {},
                                         .message = {},
                                         .cost = 60}));
  // Who lent it the money is known by name alone.
  auto posts = run::outstanding(state, ctx.key);
  CHECK(std::get<post_charges>(posts.back()).callers
        == std::vector<calling_run>{{"r-1", 0}});
  REQUIRE(!run::decide(to, charges_are_posted{1}));
  REQUIRE(!run::decide(to, finish_attempt{"x", token, {"1"}, std::nullopt}));
  CHECK(state.phase == run_phase::ended);
  // It may have money of its project.
  CHECK(!state.books_closed);
  auto effects = run::outstanding(state, ctx.key);
  REQUIRE(effects.size() == 1);
  CHECK(std::holds_alternative<close_books>(effects[0]));
}
