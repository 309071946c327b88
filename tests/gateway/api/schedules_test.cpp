#include "tests/gateway/api/api_under_test.hpp"
#include "tests/support/text.hpp"

using namespace machine;
using test::api_under_test;
using test::asking;
using test::has;
using test::json;
using test::quick;

namespace {

const std::string all = "/projects/default/schedules";

json yearly(const char* workflow = quick) {
  return {{"name", "nightly"},
          {"cron", "0 3 1 1 *"},
          {"zone", "Europe/Berlin"},
          {"run", {{"title", "Do it"}, {"workflow", workflow}}}};
}

struct with_schedule : api_under_test {
  explicit with_schedule(json more = json::object(),
                         const char* workflow = quick) {
    auto body = yearly(workflow);
    body.update(more);
    made = expect(201, "POST", all, body.dump());
  }

  json shown() const {
    return get(all + "/nightly");
  }

  std::string trigger() const {
    return expect(202, "POST", all + "/nightly/trigger")["run"];
  }

  json made;
};

} // namespace

TEST_CASE("a schedule is made, shown and listed") {
  with_schedule it;
  CHECK(it.made == it.shown());
  auto x = it.shown();
  CHECK(x["name"] == "nightly");
  CHECK(x["project"] == "default");
  CHECK(x["state"] == "active");
  CHECK(x["cron"] == "0 3 1 1 *");
  CHECK(x["zone"] == "Europe/Berlin");
  CHECK(x["overlap"] == "skip");
  CHECK(x["catch_up_window"] == 86'400'000);
  CHECK(x["title"] == "Do it");
  CHECK(x["workflow"] == "quick");
  CHECK(x["inputs"]["what"] == "x");
  REQUIRE(x["upcoming"].size() == 5);
  CHECK(x["upcoming"][0] == x["next"]);
  // Three o'clock in Berlin, in winter.
  CHECK(has(x["upcoming"][4].get<std::string>(), "-01-01T02:00:00"));
  auto list = it.get(all);
  REQUIRE(list["items"].size() == 1);
  CHECK(list["items"][0]["name"] == "nightly");
  CHECK(list["items"][0]["next"] == x["next"]);
  it.expect(201, "POST", "/projects", R"({"id":"other"})");
  CHECK(it.get("/projects/other/schedules")["items"].empty());
  it.problem(404, "GET", "/projects/other/schedules/nightly");
  it.problem(404, "GET", "/projects/nope/schedules");
}

TEST_CASE("a run that is begun by hand tells its schedule of its end") {
  with_schedule it;
  auto run = it.trigger();
  auto end = it.machine.wait_for_end(run);
  CHECK(end.result == orchestrator::run_result::done);
  it.machine.wait(run, [](auto& now) { return now.schedule_told; });
  CHECK(it.get("/runs/" + run)["schedule"] == "default.nightly");
  auto x = it.shown();
  REQUIRE(x["firings"].size() == 1);
  CHECK(x["firings"][0]["run"] == run);
  CHECK(x["firings"][0]["cause"] == "hand");
  CHECK(x["firings"][0]["result"] == "done");
  CHECK(x["running"] == "0");
  CHECK(x["last_run"] == run);
  CHECK(x["begun_count"] == "1");
  // The stream of its events ends.
  auto events = it.get("/runs/" + run + "/events?limit=1000")["items"];
  CHECK(events.back()["type"] == "schedule_told");
}

TEST_CASE("a schedule that skips begins nothing beside a run at work") {
  with_schedule it{json::object(), asking};
  auto run = it.trigger();
  it.wait_for_questions(run);
  CHECK(has(it.problem(409, "POST", all + "/nightly/trigger"), run));
}

TEST_CASE("a schedule pauses and goes on") {
  with_schedule it;
  auto x =
    it.expect(200, "POST", all + "/nightly/pause", R"({"reason":"holidays"})");
  CHECK(x["state"] == "paused");
  CHECK(x["pause_reason"] == "holidays");
  CHECK(x["upcoming"].empty());
  CHECK(it.get(all)["items"][0]["state"] == "paused");
  x = it.expect(200, "POST", all + "/nightly/resume");
  CHECK(x["state"] == "active");
  CHECK(x["upcoming"].size() == 5);
  it.expect(200, "POST", all + "/nightly/pause");
}

TEST_CASE("a schedule is changed where that is wanted") {
  with_schedule it{{{"starts_at", "2030-01-01T00:00:00Z"}}};
  auto change = [&](const json& body) {
    return it.expect(200, "PATCH", all + "/nightly", body.dump());
  };
  auto x = change({{"cron", "@hourly"}, {"overlap", "allow"}});
  CHECK(x["cron"] == "@hourly");
  CHECK(x["overlap"] == "allow");
  CHECK(x["zone"] == "Europe/Berlin");
  CHECK(!x["starts_at"].is_null());
  CHECK(change({{"starts_at", nullptr}})["starts_at"].is_null());
  x = change(
    {{"run", {{"budget", 7}, {"priority", 3}, {"inputs", {{"what", "y"}}}}}});
  CHECK(x["budget"] == "7");
  CHECK(x["priority"] == 3);
  CHECK(x["inputs"]["what"] == "y");
  CHECK(x["title"] == "Do it");
  x = change({{"run", {{"workflow", asking}, {"inputs", json::object()}}}});
  CHECK(x["workflow"] == "asking");
  auto wrong = [&](const json& body) {
    return it.problem(400, "PATCH", all + "/nightly", body.dump());
  };
  CHECK(has(wrong({{"cron", "x"}}), "cron"));
  CHECK(has(wrong({{"crno", "x"}}), "did you mean cron?"));
  CHECK(has(wrong({{"run", {{"bugdet", 1}}}}), "did you mean budget?"));
  CHECK(has(wrong({{"run", {{"priority", 10}}}}), "priority"));
  CHECK(it.shown()["cron"] == "@hourly");
}

TEST_CASE("a schedule that is deleted is gone, and its name is free") {
  with_schedule it{json::object(), asking};
  auto run = it.trigger();
  it.wait_for_questions(run);
  it.expect(200, "DELETE", all + "/nightly");
  it.problem(404, "GET", all + "/nightly");
  it.problem(404, "DELETE", all + "/nightly");
  it.problem(404, "POST", all + "/nightly/trigger");
  CHECK(it.get(all)["items"].empty());
  // What is at work goes on.
  it.expect(200, "POST", "/runs/" + run + "/answers",
            R"({"answer":{"approved":true}})");
  it.machine.wait(run, [](auto& now) { return now.schedule_told; });
  it.expect(201, "POST", all, yearly().dump());
  CHECK(it.shown()["begun_count"] == "1");
}

TEST_CASE("what is wrong with a schedule is told by name") {
  api_under_test it;
  auto wrong = [&](int status, const json& more) {
    auto body = yearly();
    body.update(more);
    return it.problem(status, "POST", all, body.dump());
  };
  CHECK(has(wrong(400, {{"cron", "0 25 * * *"}}), "hour"));
  CHECK(has(wrong(400, {{"zone", "berlin"}}), "Europe/Berlin"));
  CHECK(has(wrong(400, {{"name", "a.b"}}), "letters"));
  CHECK(has(wrong(400, {{"overlap", "skp"}}), "skp"));
  CHECK(has(wrong(400, {{"crno", "x"}}), "did you mean cron?"));
  CHECK(has(wrong(400, {{"run", {{"titel", "x"}}}}), "run"));
  CHECK(has(wrong(400, {{"run", {{"title", ""}}}}), "say what you want"));
  CHECK(has(wrong(404, {{"run", {{"title", "x"}, {"workflow_name", "nope"}}}}),
            "nope"));
  CHECK(has(wrong(400, {{"catch_up", 0}}), "catch_up"));
  it.expect(201, "POST", all, yearly().dump());
  CHECK(has(wrong(409, json::object()), "nightly"));
  it.problem(404, "POST", "/projects/nope/schedules", yearly().dump());
  CHECK(has(
    wrong(404, {{"name", "other"}, {"run", {{"title", "x"}, {"task", "t-9"}}}}),
    "no task t-9"));
  CHECK(
    has(it.problem(404, "PATCH", all + "/nightly", R"({"run":{"task":"t-9"}})"),
        "no task t-9"));
}
