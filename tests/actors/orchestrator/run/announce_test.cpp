#include "runtime/wire/wire.hpp"
#include "tests/actors/orchestrator/run/run_under_test.hpp"

#include <nlohmann/json.hpp>

using namespace machine;
using namespace machine::test;
using nlohmann::json;

namespace {

constexpr const char* asking = R"(
name: w
steps:
  - {id: first, command: a}
  - {id: ok, needs: [first], approve: "Go on?"}
)";

/// A run that is listened to.
struct told_of {
  run_under_test it{asking};
  size_t heard = it.log.size();

  /// What the next events are to *topic*.
  std::vector<entity::news> next(const std::string& topic) {
    std::vector<run_event> events;
    for (; heard < it.log.size(); ++heard)
      events.push_back(it.log[heard].second);
    std::vector<entity::news> result;
    entity::context ctx{{"t", "r-1"}, it.now, 0};
    for (auto& x : run::announce(it.state, events, ctx))
      if (x.topic == topic)
        result.push_back(x.what);
    return result;
  }
};

} // namespace

TEST_CASE("a run tells when it is in another state, with its row") {
  told_of x;
  x.heard = 0;
  auto begun = x.next("runs");
  REQUIRE(begun.size() == 1);
  CHECK(begun[0].type == "run.created");
  CHECK(begun[0].project == "default");
  CHECK(begun[0].subject == "run/r-1");
  auto row = json::parse(begun[0].data.text);
  CHECK(row["state"] == "running");
  CHECK(row["id"] == "r-1");
  REQUIRE(!x.it.finish("first"));
  auto waits = x.next("runs");
  REQUIRE(waits.size() == 1);
  CHECK(waits[0].type == "run.changed");
  CHECK(json::parse(waits[0].data.text)["state"] == "waiting");
}

TEST_CASE("a question and what becomes of it is news") {
  told_of x;
  REQUIRE(!x.it.finish("first"));
  auto opened = x.next("interrupts");
  REQUIRE(opened.size() == 1);
  CHECK(opened[0].type == "interrupt.opened");
  auto question = json::parse(opened[0].data.text);
  CHECK(question["question"] == "Go on?");
  CHECK(question["run"] == "r-1");
  REQUIRE(x.it.state.interrupts.size() == 1);
  auto id = x.it.state.interrupts.begin()->first;
  CHECK(question["id"] == id);
  REQUIRE(!x.it.give(answer_interrupt{id, {R"({"approved":true})"}, "ann"}));
  auto answered = x.next("interrupts");
  REQUIRE(answered.size() == 1);
  CHECK(answered[0].type == "interrupt.answered");
  CHECK(json::parse(answered[0].data.text)["by"] == "ann");
}
