#include "tests/gateway/api/api_under_test.hpp"
#include "tests/support/text.hpp"

using namespace machine;
using test::api_under_test;
using test::asking;
using test::has;
using test::json;

namespace {

/// A project `p` in which one run works at a time.
struct one_at_a_time : api_under_test {
  one_at_a_time() {
    expect(201, "POST", "/projects", R"({"id":"p","max_runs":1})");
  }

  std::string begin(json more = json::object()) {
    more["project"] = "p";
    return start(asking, std::move(more));
  }

  void wait_until(const std::string& id, orchestrator::run_phase phase) {
    machine.wait(id, [=](auto& now) { return now.phase == phase; });
  }

  void answer(const std::string& id) const {
    expect(200, "POST", "/runs/" + id + "/answers",
           R"({"answer":{"approved":true}})");
  }

  std::vector<std::string> queue() const {
    std::vector<std::string> result;
    auto shown = get("/projects/p");
    for (auto& x : shown["queue"])
      result.push_back(x["run"]);
    return result;
  }

  std::string state(const std::string& id) const {
    return get("/runs/" + id)["state"];
  }
};

using ids = std::vector<std::string>;
using orchestrator::run_phase;

} // namespace

TEST_CASE("runs wait for a place by priority, and begin one after another") {
  one_at_a_time it;
  auto first = it.begin();
  it.wait_for_questions(first);
  auto low = it.begin();
  it.wait_until(low, run_phase::queued);
  auto high = it.begin({{"priority", 9}});
  it.wait_until(high, run_phase::queued);
  CHECK(it.queue() == ids{high, low});
  CHECK(it.state(low) == "queued");
  CHECK(it.get("/runs/" + low)["queue_position"] == "2");
  CHECK(it.get("/runs/" + high)["priority"] == 9);
  auto shown = it.get("/projects/p");
  CHECK(shown["max_runs"] == 1);
  CHECK(shown["running"] == "1");
  CHECK(shown["waiting"] == "2");
  CHECK(shown["queue"][1]["position"] == "2");
  CHECK(it.get("/runs?state=queued")["items"].size() == 2);
  it.answer(first);
  it.wait_for_questions(high);
  CHECK(it.queue() == ids{low});
  CHECK(it.get("/runs/" + high)["queue_position"].is_null());
  it.answer(high);
  it.wait_for_questions(low);
  it.answer(low);
  for (auto& id : {first, high, low})
    CHECK(it.machine.wait_for_end(id).result == orchestrator::run_result::done);
  CHECK(it.machine.project("p").leases.empty());
}

TEST_CASE("a run that is cancelled in the queue never begins") {
  one_at_a_time it;
  auto first = it.begin();
  it.wait_for_questions(first);
  auto second = it.begin();
  it.wait_until(second, run_phase::queued);
  it.problem(409, "POST", "/runs/" + second + "/pause");
  it.expect(202, "POST", "/runs/" + second + "/cancel");
  auto end = it.machine.wait_for_end(second);
  CHECK(end.result == orchestrator::run_result::cancelled);
  CHECK(end.activations.empty());
  CHECK(it.queue().empty());
  it.answer(first);
  it.machine.wait_for_end(first);
}

TEST_CASE("limits of a project are changed, and taken away by null") {
  one_at_a_time it;
  auto change = [&](const char* body) {
    return it.expect(200, "PATCH", "/projects/p", body);
  };
  auto wrong = [&](const char* body) {
    return it.problem(400, "PATCH", "/projects/p", body);
  };
  CHECK(change(R"({"budget":5000000})")["budget"] == "5000000");
  auto shown = change(R"({"max_runs":3})");
  CHECK(shown["max_runs"] == 3);
  CHECK(shown["budget"] == "5000000");
  CHECK(change(R"({"max_runs":null})")["max_runs"].is_null());
  CHECK(change(R"({"budget":null,"max_runs":2})")["budget"].is_null());
  CHECK(change("{}")["max_runs"] == 2);
  CHECK(has(wrong(R"({"max_runs":0})"), "max_runs is 0"));
  CHECK(has(wrong(R"({"budget":-1})"), "budget"));
  CHECK(has(wrong(R"({"max_rums":1})"), "did you mean max_runs?"));
  CHECK(it.get("/projects/p")["max_runs"] == 2);
  it.problem(404, "PATCH", "/projects/nope", R"({"max_runs":1})");
  it.problem(400, "POST", "/projects", R"({"id":"q","max_runs":0})");
}

TEST_CASE("a higher limit lets those who wait begin") {
  one_at_a_time it;
  auto first = it.begin();
  it.wait_for_questions(first);
  auto second = it.begin();
  it.wait_until(second, run_phase::queued);
  it.expect(200, "PATCH", "/projects/p", R"({"max_runs":2})");
  it.wait_for_questions(second);
  CHECK(it.queue().empty());
}

TEST_CASE("a priority goes from 0 to 9") {
  api_under_test it;
  CHECK(
    has(it.problem(
          400, "POST", "/runs",
          json{{"title", "x"}, {"workflow", asking}, {"priority", 10}}.dump()),
        "9 comes first"));
}

TEST_CASE("a run that another one calls needs no place of its own") {
  one_at_a_time it;
  auto first = it.begin();
  it.wait_for_questions(first);
  auto calling = it.start(R"(
name: calling
workflows:
  inner: {vars: {x: 0}, steps: [{id: a, set: {x: "1"}}], output: .vars.x}
steps:
  - {id: c, call: inner}
output: .steps.c.output
)",
                          {{"project", "p"}});
  it.wait_until(calling, run_phase::queued);
  it.answer(first);
  auto end = it.machine.wait_for_end(calling);
  INFO(it.machine.log(calling));
  CHECK(end.result == orchestrator::run_result::done);
  CHECK(end.output.text == "1");
  auto child = it.machine.state(calling + ".1");
  CHECK(child.result == orchestrator::run_result::done);
  CHECK(it.machine.count<orchestrator::run_queued>(calling + ".1") == 0);
}

TEST_CASE("a run that pauses keeps its place") {
  one_at_a_time it;
  auto first = it.begin();
  it.wait_for_questions(first);
  it.expect(200, "POST", "/runs/" + first + "/pause");
  auto second = it.begin();
  it.wait_until(second, run_phase::queued);
  CHECK(it.queue() == ids{second});
  it.expect(200, "POST", "/runs/" + first + "/resume");
  it.answer(first);
  it.wait_for_questions(second);
}
