#include "runtime/store/store.hpp"
#include "tests/actors/orchestrator/run/run_under_test.hpp"

#include <algorithm>

using namespace machine;
using namespace machine::test;

TEST_CASE("a worker that did not hear the answer may ask again") {
  run_under_test it{"name: w\nsteps:\n  - {id: a, command: a}\n"};
  REQUIRE(!it.intend("a#1.1", "a", 100));
  auto events = it.log.size();
  REQUIRE(!it.intend("a#1.1", "a", 100));
  CHECK(it.log.size() == events);
  CHECK(it.state.leased == 100);
  REQUIRE(!it.settle("a#1.1", "a", 40));
  REQUIRE(!it.settle("a#1.1", "a", 40));
  CHECK(it.state.spent == 40);
}

TEST_CASE("what an agent did and nobody knows of does not end its step") {
  run_under_test it{
    "name: w\nsteps:\n  - {id: a, agent: {role: code, prompt: p}}\n"};
  REQUIRE(!it.intend("a#1.1", "a", 100));
  REQUIRE(!it.settle("a#1.1", "a", 40));
  REQUIRE(
    !it.give(intend_effect{"a#1.2", "a", it.order("a").token, effect_kind::tool,
                           "run_command", "", false, 0}));
  REQUIRE(!it.crash());
  CHECK(it.phase("a") == "waiting");
  REQUIRE(!it.give(answer_interrupt{
    "reconcile:a#1.2", {R"({"happened":true,"result":"it is"})"}, "ann"}));
  // The session goes on under a new token, and finds what the operator said.
  CHECK(it.phase("a") == "running");
  REQUIRE(it.asked<start_attempt>() == 1);
  auto begun = std::find_if(it.effects.begin(), it.effects.end(), [](auto& x) {
    return std::holds_alternative<start_attempt>(x);
  });
  auto& journal = std::get<start_attempt>(*begun).order.journal;
  REQUIRE(journal.size() == 2);
  CHECK(journal[1].phase == effect_phase::done);
  auto text = to_bytes("it is");
  CHECK(journal[1].result == store::hash_blob(text));
  REQUIRE(it.blobs.size() == 1);
  CHECK(it.blobs[0] == text);
  CHECK(it.state.spent == 40);
  REQUIRE(!it.finish("a"));
  CHECK(it.state.result == run_result::done);
}
