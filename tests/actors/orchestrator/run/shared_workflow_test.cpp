#include "tests/actors/orchestrator/run/run_under_test.hpp"

using namespace machine;
using namespace machine::test;

namespace {

std::string text_of(const std::string& command) {
  workflow what;
  what.name = "w";
  step one;
  one.id = "a";
  one.action = command_step{{command}, {}, {}};
  what.steps.push_back(one);
  return normal_form(what);
}

const workflow* place_of(const shared_workflow& x) {
  return &*x;
}

} // namespace

TEST_CASE("runs of a workflow have it from one place") {
  auto text = text_of("one");
  auto first = share_workflow(text);
  REQUIRE(first);
  CHECK(place_of(*share_workflow(text)) == place_of(*first));
  CHECK(place_of(*share_workflow(text_of("two"))) != place_of(*first));
  CHECK(!share_workflow("{"));
}

TEST_CASE(
  "a run that is loaded from its snapshot has its workflow from there") {
  run_under_test it{"name: w\nsteps: [{id: a, command: a}]\n"};
  auto loaded = wire::from_msgpack<run_state>(wire::to_msgpack(it.state));
  REQUIRE(loaded);
  CHECK(place_of(loaded->definition) == place_of(it.state.definition));
}

TEST_CASE("workflows are remembered while there is room for them") {
  auto text = text_of("first");
  auto first = share_workflow(text);
  REQUIRE(first);
  std::string large(1 << 20, 'x');
  for (char c = 'a'; c <= 'z'; ++c)
    REQUIRE(share_workflow(text_of(large + c)));
  CHECK(place_of(*share_workflow(text)) == place_of(*first));
  for (char c = 'A'; c <= 'Z'; ++c)
    REQUIRE(share_workflow(text_of(large + c)));
  auto again = share_workflow(text);
  REQUIRE(again);
  CHECK(place_of(*again) != place_of(*first));
  CHECK(*again == *first);
}
