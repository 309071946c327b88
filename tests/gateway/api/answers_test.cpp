#include "tests/gateway/api/api_under_test.hpp"
#include "tests/support/text.hpp"

using namespace machine;
using test::api_under_test;
using test::asking;
using test::has;

namespace {

constexpr const char* two_questions = R"(
name: two
steps:
  - {id: first, approve: "This?"}
  - {id: second, approve: "And that?"}
)";

constexpr const char* yes = R"({"answer":{"approved":true}})";

std::string answers_of(const std::string& id) {
  return "/runs/" + id + "/answers";
}

} // namespace

TEST_CASE("the one question that is open needs no name") {
  api_under_test it;
  auto id = it.start(asking);
  it.wait_for_questions(id);
  auto open = it.get("/runs/" + id)["interrupts"];
  REQUIRE(open.size() == 1);
  CHECK(open[0]["id"] == "ok");
  CHECK(open[0]["question"] == "Go on?");
  CHECK(open[0]["state"] == "open");
  CHECK(open[0]["schema"]["required"][0] == "approved");
  CHECK(it.expect(200, "POST", answers_of(id), yes)["status"] == "answered");
  auto end = it.machine.wait_for_end(id);
  CHECK(end.result == orchestrator::run_result::done);
  auto closed = it.get("/runs/" + id)["interrupts"][0];
  CHECK(closed["state"] == "answered");
  CHECK(closed["answer"]["approved"] == true);
  CHECK(closed["by"] == "local");
}

TEST_CASE("a run that asks nothing takes no answer") {
  api_under_test it;
  auto id = it.start(test::quick);
  it.machine.wait_for_end(id);
  CHECK(has(it.problem(409, "POST", answers_of(id), yes), "asks nothing"));
  CHECK(has(it.problem(404, "POST", answers_of(id),
                       R"({"interrupt":"ok","answer":{"approved":true}})"),
            "ok"));
}

TEST_CASE("of several questions the answer names one") {
  api_under_test it;
  auto id = it.start(two_questions);
  it.wait_for_questions(id, 2);
  CHECK(has(it.problem(409, "POST", answers_of(id), yes), "name one"));
  CHECK(has(it.problem(404, "POST", answers_of(id),
                       R"({"interrupt":"third","answer":{"approved":true}})"),
            "third"));
  it.expect(200, "POST", answers_of(id),
            R"({"interrupt":"second","answer":{"approved":true}})");
  CHECK(has(it.problem(409, "POST", answers_of(id),
                       R"({"interrupt":"second","answer":{"approved":true}})"),
            "answered already"));
  // One is left.
  it.expect(200, "POST", answers_of(id), yes);
  CHECK(it.machine.wait_for_end(id).result == orchestrator::run_result::done);
}

TEST_CASE("an answer that is none changes nothing") {
  api_under_test it;
  auto id = it.start(asking);
  it.wait_for_questions(id);
  auto wrong = [&](const std::string& body) {
    return it.problem(400, "POST", answers_of(id), body);
  };
  CHECK(has(wrong(R"({"answer":{"approved":"yes"}})"), "approved"));
  CHECK(has(wrong(R"({"answer":{}})"), "approved"));
  CHECK(has(wrong(R"({"answer":{"approved":true,"why":1}})"), "why"));
  CHECK(has(wrong(R"({"anser":{"approved":true}})"), "anser"));
  CHECK(
    has(wrong(R"({"interrupt":3,"answer":{"approved":true}})"), "interrupt"));
  CHECK(has(wrong("{}"), "answer"));
  wrong("");
  CHECK(it.get("/runs/" + id)["interrupts"][0]["state"] == "open");
  // No is an answer.
  it.expect(200, "POST", answers_of(id), R"({"answer":{"approved":false}})");
  CHECK(it.machine.wait_for_end(id).result == orchestrator::run_result::failed);
}

TEST_CASE("an answer of its own form is the output of its step") {
  api_under_test it;
  auto id = it.start(R"(
name: number
steps:
  - id: how
    approve: {question: "How many?", answer: {type: integer, minimum: 1}}
output: .steps.how.output
)");
  it.wait_for_questions(id);
  it.problem(400, "POST", answers_of(id), R"({"answer":0})");
  it.expect(200, "POST", answers_of(id), R"({"answer":12})");
  it.machine.wait_for_end(id);
  CHECK(it.get("/runs/" + id)["output"] == 12);
}
