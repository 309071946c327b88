#include "tests/gateway/api/api_under_test.hpp"
#include "tests/support/text.hpp"

using namespace machine;
using test::api_under_test;
using test::has;
using test::json;

namespace {

constexpr const char* calling = R"(
name: calling
workflows:
  two:
    inputs: {n: {type: integer}}
    vars: {x: 0}
    steps:
      - {id: a, set: {x: .inputs.n + 1}}
      - {id: b, needs: [a], set: {x: .vars.x * 2}}
    output: .vars.x
steps:
  - {id: sub, call: {workflow: two, inputs: {n: "${{ 4 }}"}}}
output: .steps.sub.output
)";

constexpr const char* refused = R"(
name: refused
vars: {x: 0}
steps:
  - {id: a, set: {x: .vars.x + 1}}
  - {id: ok, needs: [a], approve: "Go on?"}
  - {id: b, needs: [ok], set: {x: .vars.x + 1}}
output: .vars.x
)";

std::string answer(bool yes) {
  return std::string{R"({"answer":{"approved":)"}
       + (yes ? "true}}" : "false}}");
}

orchestrator::run_state end_of(api_under_test& it, const std::string& id) {
  return it.machine.wait_for_end(id);
}

} // namespace

TEST_CASE(
  "a run that was called goes on from its beginning as one of its own") {
  api_under_test it;
  auto id = it.start(calling);
  end_of(it, id);
  auto child = id + ".1";
  // All of it was decided together, but that it was created is before that.
  auto made =
    it.expect(201, "POST", "/runs/" + child + "/fork", R"({"at":"1"})");
  CHECK(made["origin"] == child);
  std::string fork = made["id"];
  CHECK(end_of(it, fork).result == orchestrator::run_result::done);
  CHECK(it.get("/runs/" + fork)["output"] == 10);
  auto first = it.get("/runs/" + fork + "/events?limit=1")["items"][0];
  CHECK(first["origin"]["seq"] == "1");
  CHECK(
    has(it.problem(400, "POST", "/runs/" + child + "/fork", R"({"at":"2"})"),
        "closes it"));
}

TEST_CASE("a fork of a fork has all of the history that that one has") {
  api_under_test it;
  auto id = it.start(refused);
  it.wait_for_questions(id);
  auto fork = [&](const std::string& of, const std::string& at) {
    std::string made = it.expect(201, "POST", "/runs/" + of + "/fork",
                                 R"({"at":")" + at + "\"}")["id"];
    it.wait_for_questions(made);
    return made;
  };
  std::string last = it.get("/runs/" + id)["last_seq"];
  auto first = fork(id, last);
  auto second = fork(first, "2");
  it.expect(200, "POST", "/runs/" + second + "/answers", answer(true));
  CHECK(end_of(it, second).result == orchestrator::run_result::done);
  auto log = it.get("/runs/" + second + "/events");
  REQUIRE(log["items"].size() > 5);
  for (auto& event : log["items"])
    CHECK(event.value("activation", "") != "a");
}

TEST_CASE("a fork is from an event that is there") {
  api_under_test it;
  auto id = it.start(test::quick);
  end_of(it, id);
  auto fork = [&](const std::string& at) {
    return it.problem(400, "POST", "/runs/" + id + "/fork",
                      R"({"at":")" + at + "\"}");
  };
  CHECK(has(fork("0"), "from 1"));
  CHECK(has(fork("9999"), "the last event of run " + id));
  CHECK(has(fork("x"), "at"));
  it.problem(404, "POST", "/runs/nope/fork", R"({"at":"1"})");
}

TEST_CASE("a run that was refused is tried again where it was") {
  api_under_test it;
  auto id = it.start(refused);
  it.wait_for_questions(id);
  it.expect(200, "POST", "/runs/" + id + "/answers", answer(false));
  CHECK(end_of(it, id).result == orchestrator::run_result::failed);
  std::string again = it.expect(201, "POST", "/runs/" + id + "/retry")["id"];
  it.wait_for_questions(again);
  it.expect(200, "POST", "/runs/" + again + "/answers", answer(true));
  CHECK(end_of(it, again).result == orchestrator::run_result::done);
  CHECK(it.get("/runs/" + again)["output"] == 2);
  CHECK(has(it.problem(409, "POST", "/runs/" + again + "/retry"),
            "has no step that failed"));
}
