#include "tests/gateway/api/people.hpp"
#include "tests/support/directory.hpp"
#include "tests/support/text.hpp"

using namespace machine;
using tenants::role;
using test::api_under_test;
using test::has;
using test::json;
using test::people_under_test;

namespace {

const std::string workflows_path = "/projects/default/workflows";

std::string count_to(int x, const std::string& name = "count") {
  return "name: " + name + "\nsteps:\n  - {id: one, set: {x: "
       + std::to_string(x) + "}}\nvars: {x: 0}\noutput: .vars.x\n";
}

struct with_registry : api_under_test {
  with_registry() {
    expect(201, "POST", "/projects", R"({"id":"default","name":"d"})");
  }

  json publish(const std::string& text, int status = 201,
               const std::string& note = "") const {
    json body{{"text", text}};
    if (!note.empty())
      body["note"] = note;
    return expect(status, "POST", workflows_path, body.dump());
  }

  /// What a run of *body* comes to.
  json output_of(json body) {
    body["title"] = "count";
    auto id = expect(201, "POST", "/runs", body.dump())["id"];
    machine.wait_for_end(id);
    return get("/runs/" + id.get<std::string>())["output"];
  }
};

} // namespace

TEST_CASE("a workflow is published, listed, shown and read") {
  with_registry it;
  auto made = it.publish(count_to(1), 201, "the first");
  CHECK(made["name"] == "count");
  CHECK(made["project"] == "default");
  CHECK(made["number"] == 1);
  CHECK(made["note"] == "the first");
  CHECK(made["by"] == "local");
  CHECK(made["text"] == count_to(1));
  it.publish(count_to(2));
  it.publish(count_to(1, "other"));
  auto list = it.get(workflows_path)["items"];
  REQUIRE(list.size() == 2);
  auto shown = it.get(workflows_path + "/count");
  REQUIRE(shown["versions"].size() == 2);
  CHECK(shown["versions"][0]["number"] == 2);
  CHECK(shown["versions"][1]["hash"] == made["hash"]);
  CHECK(shown["versions"][0]["hash"] != made["hash"]);
  CHECK(it.get(workflows_path + "/count/versions/1") == made);
  CHECK(it.get(workflows_path + "/count/versions/newest")["text"]
        == count_to(2));
}

TEST_CASE("what is the newest already is no new version") {
  with_registry it;
  auto made = it.publish(count_to(1));
  CHECK(it.publish(count_to(1), 200) == made);
  CHECK(it.get(workflows_path + "/count")["versions"].size() == 1);
}

TEST_CASE("a run has the newest version, or the one that it names") {
  with_registry it;
  it.publish(count_to(1));
  it.publish(count_to(2));
  CHECK(it.output_of({{"workflow_name", "count"}}) == 2);
  CHECK(it.output_of({{"workflow_name", "count"}, {"workflow_version", 1}})
        == 1);
  // It is what it was begun with, whatever is published later.
  auto text = it.problem(404, "POST", "/runs",
                         R"({"title":"x","workflow_name":"count",)"
                         R"("workflow_version":3})");
  CHECK(has(text, "has no version 3"));
  CHECK(has(
    it.problem(400, "POST", "/runs", R"({"title":"x","workflow_version":1})"),
    "workflow_name"));
  CHECK(has(it.problem(400, "POST", "/runs",
                       R"({"title":"x","workflow_name":"feature",)"
                       R"("workflow_version":1})"),
            "comes with the machine"));
}

TEST_CASE("a workflow calls one that is published") {
  with_registry it;
  std::string caller = "name: caller\nsteps:\n"
                       "  - {id: it, call: {workflow: count}}\n"
                       "output: .steps.it.output\n";
  CHECK(
    has(it.problem(400, "POST", workflows_path, json{{"text", caller}}.dump()),
        "there is no workflow count"));
  it.publish(count_to(7));
  it.publish(caller);
  CHECK(it.output_of({{"workflow_name", "caller"}}) == 7);
}

TEST_CASE("what is withdrawn is listed no more, and its versions stay") {
  with_registry it;
  it.publish(count_to(1));
  it.expect(200, "DELETE", workflows_path + "/count");
  CHECK(it.get(workflows_path)["items"].empty());
  it.problem(404, "GET", workflows_path + "/count");
  it.problem(404, "DELETE", workflows_path + "/count");
  it.problem(404, "GET", workflows_path + "/count/versions/newest");
  CHECK(it.get(workflows_path + "/count/versions/1")["text"] == count_to(1));
  it.problem(404, "POST", "/runs", R"({"title":"x","workflow_name":"count"})");
  CHECK(it.output_of({{"workflow_name", "count"}, {"workflow_version", 1}})
        == 1);
  CHECK(it.publish(count_to(1))["number"] == 3);
}

TEST_CASE("a workflow that is wrong is not published") {
  with_registry it;
  auto refused = [&](const std::string& text, int status = 400) {
    return it.problem(status, "POST", workflows_path,
                      json{{"text", text}}.dump());
  };
  CHECK(has(refused("name: count\nsteps: []\n"), "steps"));
  CHECK(has(refused("steps:\n  - {id: a, set: {x: 1}}\n"), "name"));
  CHECK(has(refused(count_to(1) + "# \x1b[2J"), "control characters"));
  CHECK(has(refused(count_to(1, "feature"), 409), "comes with the machine"));
  CHECK(
    has(it.problem(
          400, "POST", workflows_path,
          json{{"text", count_to(1)}, {"note", std::string(501, 'x')}}.dump()),
        "500 bytes"));
  it.problem(404, "POST", "/projects/nothing/workflows",
             json{{"text", count_to(1)}}.dump());
  CHECK(it.get(workflows_path)["items"].empty());
  for (auto* bad : {"/Count", "/a.b", "/count"})
    it.problem(404, "GET", workflows_path + bad);
  it.publish(count_to(1));
  for (auto* bad : {"0", "2", "x", "-1", "99999999999999999999"})
    it.problem(404, "GET", workflows_path + "/count/versions/" + bad);
}

TEST_CASE("the workflows that come with the machine can be looked at") {
  api_under_test it{test::no_rules,
                    api_under_test::cheap(),
                    {.context = [](gateway::api_context& x) {
                      x.workflows["ready"] = count_to(1, "ready");
                    }}};
  auto list = it.get("/workflows")["items"];
  auto is_ready = [](const json& x) { return x["name"] == "ready"; };
  CHECK(std::count_if(list.begin(), list.end(), is_ready) == 1);
}

TEST_CASE("people with keys work with repositories that are there for them") {
  test::temporary_directory dir;
  std::filesystem::create_directories(dir / "acme/shop");
  std::filesystem::create_directories(dir / "umbrella/shop");
  people_under_test it{
    test::no_rules, people_under_test::cheap(), {.context = [&](auto& x) {
      x.repositories = gateway::repository_roots{{dir / "{tenant}"}};
    }}};
  it.make_tenant("acme");
  auto ann = it.make("acme", "ann", role::admin);
  auto in = "X-Tenant: acme\r\n";
  it.expect(201, "POST", "/projects", R"({"id":"default","name":"d"})", in);
  auto start = [&](const std::string& where) {
    return it.ask_as(
      &ann, "POST", "/api/v1/runs",
      json{{"title", "x"}, {"workflow", test::quick}, {"repository", where}}
        .dump());
  };
  for (auto& bad : {dir / "umbrella/shop", dir / "acme/../umbrella/shop",
                    std::string{"/"}, dir / "acme/nothing"}) {
    auto answer = start(bad);
    CHECK(answer.status == 403);
    CHECK(has(answer.body, "run.repositories"));
  }
  CHECK(start(dir / "acme/shop").status == 201);
  // Nor do they by a run that somebody else began.
  auto theirs =
    it.start(test::quick, {{"repository", it.machine.repository()}}, in);
  for (auto* again : {"rerun", "fork"}) {
    auto answer =
      it.ask_as(&ann, "POST", "/api/v1/runs/" + theirs + "/" + again,
                again == std::string{"fork"} ? R"({"at":"1"})" : "{}");
    INFO(answer.body);
    CHECK(answer.status == 403);
    CHECK(has(answer.body, "run.repositories"));
  }
}
