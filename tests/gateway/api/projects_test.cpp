#include "tests/gateway/api/api_under_test.hpp"
#include "tests/support/text.hpp"

using namespace machine;
using test::api_under_test;
using test::has;
using test::json;

namespace {

constexpr const char* three_words = R"(
tokens_per_second: 100000
rules:
  - when: {user: "Talk"}
    say: One two three.
)";

constexpr const char* talking = R"(
name: talking
steps:
  - {id: a, model: {prompt: Talk, model: demo}}
  - {id: b, model: {prompt: Talk, model: demo}}
  - {id: c, model: {prompt: Talk, model: demo}}
)";

const std::string tasks = "/projects/p/tasks";

/// With a project `p`.
struct with_project : api_under_test {
  explicit with_project(std::string rules = test::no_rules)
      : api_under_test(std::move(rules)) {
    expect(201, "POST", "/projects", R"({"id":"p"})");
  }

  /// A new task; its id.
  std::string add(json what) const {
    if (!what.contains("title"))
      what["title"] = "a task";
    return expect(201, "POST", tasks, what.dump())["id"];
  }

  json edit(const std::string& task, const json& what) const {
    return expect(200, "PATCH", tasks + "/" + task, what.dump());
  }

  std::string wrong_edit(int status, const std::string& task,
                         const json& what) const {
    return problem(status, "PATCH", tasks + "/" + task, what.dump());
  }

  /// Ids of a list, page by page.
  std::vector<std::string> list(const std::string& query, size_t limit) const {
    std::vector<std::string> result;
    std::string cursor;
    do {
      auto page = get(tasks + "?limit=" + std::to_string(limit)
                      + (query.empty() ? "" : "&" + query)
                      + (cursor.empty() ? "" : "&cursor=" + cursor));
      for (auto& x : page["items"])
        result.push_back(x["id"]);
      page["next_cursor"].get_to(cursor);
    } while (!cursor.empty());
    return result;
  }
};

using ids = std::vector<std::string>;

} // namespace

TEST_CASE("a project is made, shown and listed") {
  api_under_test it;
  auto made = it.expect(201, "POST", "/projects",
                        R"({"id":"shop","name":"The shop","budget":5000000})");
  CHECK(made["id"] == "shop");
  auto shown = it.get("/projects/shop");
  CHECK(shown["id"] == "shop");
  CHECK(shown["name"] == "The shop");
  CHECK(shown["budget"] == "5000000");
  CHECK(shown["settled"] == "0");
  it.expect(201, "POST", "/projects", R"({"id":"other"})");
  CHECK(it.get("/projects/other")["name"] == "other");
  std::set<std::string> found;
  auto page = it.get("/projects?limit=1");
  REQUIRE(page["items"].size() == 1);
  found.insert(page["items"][0]["id"].get<std::string>());
  page = it.get("/projects?limit=1&cursor="
                + page["next_cursor"].get<std::string>());
  REQUIRE(page["items"].size() == 1);
  found.insert(page["items"][0]["id"].get<std::string>());
  CHECK(page["next_cursor"] == "");
  CHECK(found == std::set<std::string>{"other", "shop"});
  it.problem(400, "GET", "/projects?cursor=x");
  it.problem(400, "GET", "/projects?limit=0");
}

TEST_CASE("what is wrong with the request for a project is told by name") {
  api_under_test it;
  auto wrong = [&](int status, const json& body) {
    return it.problem(status, "POST", "/projects", body.dump());
  };
  it.expect(201, "POST", "/projects", R"({"id":"p"})");
  CHECK(has(wrong(409, {{"id", "p"}}), "p"));
  CHECK(has(wrong(400, {{"name", "p"}}), "id"));
  CHECK(has(wrong(400, {{"id", "q"}, {"nmae", "p"}}), "nmae"));
  CHECK(has(wrong(400, {{"id", 3}}), "id"));
  CHECK(has(wrong(400, {{"id", "q"}, {"budget", -1}}), "budget"));
  wrong(400, {{"id", ""}});
  wrong(400, {{"id", std::string(200, 'x')}});
  it.problem(404, "GET", "/projects/nope");
  it.problem(404, "GET", "/projects/nope/tasks");
  it.problem(404, "POST", "/projects/nope/tasks", R"({"title":"a"})");
  CHECK(it.get("/projects")["items"].size() == 1);
}

TEST_CASE("a task is made, shown, changed and commented") {
  with_project it;
  auto made = it.expect(201, "POST", tasks,
                        json{{"title", "Login"},
                             {"description", "With OAuth"},
                             {"priority", 5},
                             {"labels", {"web"}}}
                          .dump());
  CHECK(made["id"] == "t-1");
  CHECK(made["state"] == "open");
  CHECK(made["author"] == "local");
  CHECK(it.get(tasks + "/t-1") == made);
  auto changed = it.edit("t-1", {{"state", "in_progress"},
                                 {"title", "Sign in"},
                                 {"add_labels", {"auth"}},
                                 {"remove_labels", {"web"}}});
  CHECK(changed["state"] == "in_progress");
  CHECK(changed["title"] == "Sign in");
  CHECK(changed["description"] == "With OAuth");
  CHECK(changed["labels"] == json::array({"auth"}));
  auto commented =
    it.expect(200, "POST", tasks + "/t-1/comments", R"({"text":"Half done."})");
  CHECK(commented["comments"][0]["text"] == "Half done.");
  CHECK(commented["comments"][0]["author"] == "local");
  CHECK(it.get(tasks + "/t-1") == commented);
  CHECK(it.get("/projects/p")["tasks"] == "1");
}

TEST_CASE("what is wrong with the request for a task is told by name") {
  with_project it;
  auto id = it.add({});
  auto wrong = [&](const json& body) {
    return it.problem(400, "POST", tasks, body.dump());
  };
  CHECK(has(wrong({{"name", "a"}}), "name"));
  CHECK(has(wrong(json::object()), "title"));
  CHECK(has(wrong({{"title", 1}}), "title"));
  CHECK(has(wrong({{"title", ""}}), "title"));
  CHECK(has(wrong({{"title", "a"}, {"priority", 10}}), "priority"));
  CHECK(has(wrong({{"title", "a"}, {"priority", -1}}), "priority"));
  CHECK(has(wrong({{"title", "a"}, {"labels", "x"}}), "labels"));
  CHECK(has(it.wrong_edit(400, id, {{"state", "dne"}}), "dne"));
  CHECK(has(it.wrong_edit(400, id, {{"titel", "x"}}), "titel"));
  it.wrong_edit(404, "t-9", {{"title", "x"}});
  it.problem(404, "GET", tasks + "/t-9");
  auto comments = tasks + "/" + id + "/comments";
  CHECK(has(it.problem(400, "POST", comments, "{}"), "text"));
  it.problem(400, "POST", comments, R"({"text":""})");
  it.problem(404, "POST", tasks + "/t-9/comments", R"({"text":"a"})");
  CHECK(it.list("", 10) == ids{id});
}

TEST_CASE("a task is done after those that it depends on") {
  with_project it;
  auto first = it.add({});
  auto second = it.add({{"depends_on", {first}}});
  CHECK(it.get(tasks + "/" + second)["depends_on"] == json::array({first}));
  CHECK(has(it.wrong_edit(409, second, {{"state", "done"}}), first));
  CHECK(has(it.wrong_edit(400, first, {{"add_depends", {second}}}), second));
  it.wrong_edit(400, first, {{"add_depends", {first}}});
  it.wrong_edit(404, first, {{"add_depends", {"t-9"}}});
  it.edit(first, {{"state", "done"}});
  CHECK(it.edit(second, {{"state", "done"}})["state"] == "done");
  CHECK(it.edit(second, {{"remove_depends", {first}}})["depends_on"].empty());
}

TEST_CASE("pages of tasks have every task once, the most urgent first") {
  with_project it;
  for (auto priority : {0, 9, 5, 0, 9, 5, 1})
    it.add({{"priority", priority},
            {"labels", priority == 5 ? json::array({"mid"}) : json::array()}});
  ids all{"t-2", "t-5", "t-3", "t-6", "t-7", "t-1", "t-4"};
  for (size_t limit : {1, 2, 3, 7, 1'000})
    CHECK(it.list("", limit) == all);
  CHECK(it.list("label=mid", 1) == ids{"t-3", "t-6"});
  it.edit("t-5", {{"state", "done"}});
  CHECK(it.list("state=done", 1) == ids{"t-5"});
  CHECK(it.list("state=open&label=mid", 1) == ids{"t-3", "t-6"});
  CHECK(it.list("state=cancelled", 1).empty());
}

TEST_CASE("a page begins where the last one ended, whatever has changed") {
  with_project it;
  for (auto i = 0; i < 4; ++i)
    it.add({});
  auto page = it.get(tasks + "?state=open&limit=2");
  REQUIRE(page["items"].size() == 2);
  CHECK(page["items"][1]["id"] == "t-2");
  // The last task of the page is none of the list any more.
  it.edit("t-2", {{"state", "done"}});
  auto next = it.get(tasks + "?state=open&limit=2&cursor="
                     + page["next_cursor"].get<std::string>());
  REQUIRE(next["items"].size() == 2);
  CHECK(next["items"][0]["id"] == "t-3");
  CHECK(next["items"][1]["id"] == "t-4");
  CHECK(next["next_cursor"] == "");
}

TEST_CASE("a list of tasks does not guess what is meant") {
  with_project it;
  it.add({});
  for (auto* cursor : {"x", "t-1", "9", "9-", "-1", "10-1", "9-x", "9-1-1"})
    CHECK(has(it.problem(400, "GET", tasks + "?cursor=" + cursor), "cursor"));
  CHECK(has(it.problem(400, "GET", tasks + "?state=don"), "in_progress"));
  it.problem(400, "GET", tasks + "?limit=0");
}

TEST_CASE("the ledger has every call once, and adds up") {
  with_project it{three_words};
  it.add({});
  auto id = it.start(talking, {{"project", "p"}});
  auto end = it.machine.wait_for_end(id);
  INFO(it.machine.log(id));
  CHECK(end.result == orchestrator::run_result::done);
  for (size_t limit : {1, 2, 3, 100}) {
    std::set<std::string> seen;
    micro_usd sum = 0;
    std::string cursor = "0";
    do {
      auto page = it.get("/projects/p/ledger?limit=" + std::to_string(limit)
                         + "&cursor=" + cursor);
      REQUIRE(page["items"].size() <= limit);
      for (auto& x : page["items"]) {
        CHECK(x["run"] == id);
        CHECK(x["model"] == "demo");
        CHECK(seen.insert(x["seq"].get<std::string>()).second);
        sum += std::stoll(x["cost"].get<std::string>());
      }
      page["next_cursor"].get_to(cursor);
    } while (!cursor.empty());
    CHECK(seen.size() == 3);
    CHECK(sum == end.spent);
  }
  CHECK(it.get("/projects/p")["settled"] == std::to_string(end.spent));
  for (auto* cursor :
       {"x", "-1", "", "18446744073709551615", "18446744073709551616"}) {
    INFO(cursor);
    CHECK(has(it.problem(400, "GET",
                         std::string{"/projects/p/ledger?cursor="} + cursor),
              "cursor"));
  }
  it.problem(400, "GET", "/projects/p/ledger?limit=0");
}

TEST_CASE("a project that there is not has no ledger") {
  api_under_test it;
  it.problem(404, "GET", "/projects/nope/ledger");
}
