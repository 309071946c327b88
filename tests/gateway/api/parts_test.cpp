#include "tests/gateway/api/api_under_test.hpp"

using namespace machine;
using test::json;

namespace {

constexpr const char* parts_script = R"(
rules:
  - when: {user: "Talk"}
    say: One two three.
)";

constexpr const char* two_talks = R"(
name: talking
steps:
  - {id: a, model: {prompt: Talk, model: demo}}
  - {id: b, needs: [a], model: {prompt: Talk again, model: demo}}
  - {id: c, needs: [b], approve: "Go on?"}
)";

/// All items of the list *path*, page by page.
std::vector<json> all_of(const test::api_under_test& it,
                         const std::string& path, size_t limit) {
  std::vector<json> result;
  std::string cursor;
  do {
    auto page = it.get(path + "?limit=" + std::to_string(limit)
                       + (cursor.empty() ? "" : "&cursor=" + cursor));
    CHECK(page["items"].size() <= limit);
    for (auto& x : page["items"])
      result.push_back(x);
    cursor = page["next_cursor"];
  } while (!cursor.empty());
  return result;
}

} // namespace

TEST_CASE("a run can be looked at part by part") {
  test::api_under_test it{parts_script};
  auto id = it.start(two_talks);
  it.wait_for_questions(id);
  auto whole = it.get("/runs/" + id);
  for (size_t limit : {1, 2, 100}) {
    INFO(limit);
    CHECK(json(all_of(it, "/runs/" + id + "/steps", limit))
          == whole["activations"]);
    CHECK(json(all_of(it, "/runs/" + id + "/interrupts", limit))
          == whole["interrupts"]);
    auto choices = all_of(it, "/runs/" + id + "/decisions", limit);
    REQUIRE(choices.size() == 2);
    CHECK(choices[0]["model"] == "demo");
    CHECK(choices[0]["decision"]["candidates"][0]["model"] == "demo");
    CHECK(choices[0]["decision"]["why"].get<std::string>() != "");
    CHECK(choices[0]["activation"] != choices[1]["activation"]);
  }
}

TEST_CASE("parts of what is not there, and places that nobody gave, are "
          "refused") {
  test::api_under_test it{parts_script};
  for (auto* part : {"steps", "interrupts", "decisions"}) {
    INFO(part);
    CHECK(
      it.problem(404, "GET", "/runs/r-none/" + std::string{part}).find("no ")
      != std::string::npos);
  }
  auto id = it.start(two_talks);
  it.wait_for_questions(id);
  it.problem(400, "GET", "/runs/" + id + "/steps?cursor=9");
  it.problem(400, "GET", "/runs/" + id + "/steps?cursor=x");
  it.problem(400, "GET", "/runs/" + id + "/decisions?cursor=-1");
  it.problem(400, "GET", "/runs/" + id + "/interrupts?limit=0");
}

TEST_CASE("tasks are found by words") {
  test::api_under_test it;
  it.expect(201, "POST", "/projects", R"({"id":"web"})");
  for (auto* title : {"Sign in", "Sign out", "Pay"})
    it.expect(201, "POST", "/projects/web/tasks",
              json{{"title", title}}.dump());
  it.expect(200, "POST", "/projects/web/tasks/t-3/comments",
            R"({"text":"sign the bill"})");
  auto found = [&](const std::string& words) {
    std::vector<std::string> ids;
    auto page = it.get("/projects/web/tasks?q=" + words);
    for (auto& x : page["items"])
      ids.push_back(x["id"]);
    return ids;
  };
  CHECK(found("SIGN") == std::vector<std::string>{"t-1", "t-2", "t-3"});
  CHECK(found("sign%20out") == std::vector<std::string>{"t-2"});
  CHECK(found("bill%20pay") == std::vector<std::string>{"t-3"});
  CHECK(found("saml").empty());
}

TEST_CASE("budgets say what is left") {
  test::api_under_test it{parts_script};
  it.expect(201, "POST", "/projects", R"({"id":"web","budget":"5000"})");
  it.expect(201, "POST", "/projects", R"({"id":"free"})");
  auto budgets = it.get("/budgets")["items"];
  REQUIRE(budgets.size() == 2);
  CHECK(budgets[0]["project"] == "free");
  CHECK(budgets[0]["limit"].is_null());
  CHECK(budgets[0]["left"].is_null());
  CHECK(budgets[1]["left"] == "5000");
}

TEST_CASE("a machine shows its processes and the actors that it keeps alive") {
  test::api_under_test it;
  auto nodes = it.get("/nodes")["items"];
  REQUIRE(nodes.size() == 1);
  CHECK(nodes[0]["actors"].get<std::string>() != "0");
  auto actors =
    it.get("/nodes/" + nodes[0]["id"].get<std::string>() + "/actors")["items"];
  CHECK(actors.size() > 5);
  for (auto& x : actors)
    CHECK(x["up"] == true);
  it.problem(404, "GET", "/nodes/none/actors");
}
