#include "actors/node/node.hpp"
#include "gateway/api/run_view.hpp"
#include "runtime/entity/load.hpp"
#include "tests/gateway/api/api_under_test.hpp"
#include "tests/support/text.hpp"

#include <thread>

using namespace machine;
using test::api_under_test;
using test::asking;
using test::has;
using test::json;
using test::quick;

namespace {

/// The ids on the pages of a list, page by page.
std::vector<std::string> ids_of(const api_under_test& it,
                                const std::string& list, size_t limit) {
  std::vector<std::string> result;
  std::string cursor;
  do {
    auto separator = list.find('?') == std::string::npos ? "?" : "&";
    auto page = it.get(list + separator + "limit=" + std::to_string(limit)
                       + (cursor.empty() ? "" : "&cursor=" + cursor));
    REQUIRE(page["items"].size() <= limit);
    for (auto& x : page["items"])
      result.push_back(x["id"]);
    page["next_cursor"].get_to(cursor);
    REQUIRE(result.size() < 100);
  } while (!cursor.empty());
  return result;
}

} // namespace

TEST_CASE("a run is begun, shown and listed") {
  api_under_test it;
  auto made =
    it.expect(201, "POST", "/runs",
              json{{"title", "Do \"it\""}, {"workflow", quick}}.dump());
  CHECK(made["project"] == "default");
  CHECK(made["title"] == "Do \"it\"");
  std::string id = made["id"];
  it.machine.wait_for_end(id);
  auto run = it.get("/runs/" + id);
  CHECK(run["id"] == id);
  CHECK(run["state"] == "done");
  CHECK(run["title"] == "Do \"it\"");
  CHECK(run["workflow"] == "quick");
  CHECK(run["inputs"]["what"] == "x");
  CHECK(run["output"] == 2);
  CHECK(run["vars"]["x"] == 2);
  CHECK(run["last_seq"] == std::to_string(it.machine.events(id).size()));
  CHECK(!run["activations"].empty());
  auto list = it.get("/runs");
  REQUIRE(list["items"].size() == 1);
  CHECK(list["items"][0]["id"] == id);
  CHECK(list["items"][0]["state"] == "done");
}

TEST_CASE("a built-in workflow is taken by name, and is the usual one") {
  api_under_test it;
  auto usual = it.expect(201, "POST", "/runs", R"({"title":"a"})")["id"];
  auto named = it.expect(201, "POST", "/runs",
                         R"({"title":"a","workflow_name":"feature"})")["id"];
  for (auto& id : {usual, named}) {
    it.machine.wait_for_end(id);
    CHECK(it.get("/runs/" + id.get<std::string>())["workflow"] == "quick");
  }
  CHECK(has(
    it.problem(404, "POST", "/runs", R"({"title":"a","workflow_name":"nope"})"),
    "has no workflow nope; with the machine comes feature"));
}

TEST_CASE("pages of runs have every run once, the newest first") {
  api_under_test it;
  it.expect(201, "POST", "/projects", R"({"id":"other"})");
  std::vector<std::string> all;
  std::vector<std::string> other;
  std::vector<std::string> waiting;
  for (auto i = 0; i < 7; ++i) {
    auto asks = i % 3 == 0;
    auto more = json::object();
    if (i % 2 == 0)
      more["project"] = "other";
    auto id = it.start(asks ? asking : quick, more);
    if (asks)
      it.wait_for_questions(id);
    else
      it.machine.wait_for_end(id);
    all.insert(all.begin(), id);
    if (i % 2 == 0)
      other.insert(other.begin(), id);
    if (asks)
      waiting.insert(waiting.begin(), id);
  }
  for (size_t limit : {1, 2, 3, 7, 1'000}) {
    CHECK(ids_of(it, "/runs", limit) == all);
    CHECK(ids_of(it, "/runs?project=other", limit) == other);
    CHECK(ids_of(it, "/runs?state=waiting", limit) == waiting);
    CHECK(ids_of(it, "/runs?state=waiting&project=other", limit).size() == 2);
  }
  CHECK(ids_of(it, "/runs?project=nobody", 10).empty());
  auto cursor = it.get("/runs?limit=1")["next_cursor"].get<std::string>();
  it.problem(400, "GET", "/runs?cursor=x");
  it.problem(400, "GET", "/runs?state=done&cursor=" + cursor);
  for (auto* limit : {"0", "1001", "x", "-1", "", "1.5"})
    CHECK(has(it.problem(400, "GET", std::string{"/runs?limit="} + limit),
              "limit"));
}

TEST_CASE("what is wrong with the request for a run is told by name") {
  api_under_test it;
  auto wrong = [&](int status, const json& body) {
    return it.problem(status, "POST", "/runs", body.dump());
  };
  CHECK(has(wrong(400, {{"titel", "a"}}), "titel"));
  CHECK(has(wrong(400, {{"title", 3}}), "title"));
  CHECK(has(wrong(400, {{"title", "a"}, {"budget", "much"}}), "budget"));
  CHECK(has(wrong(400, {{"title", "a"}, {"budget", -1}}), "budget"));
  CHECK(has(wrong(400, {{"title", "a"}, {"project", "a/b"}}), "a/b"));
  CHECK(has(wrong(400, {{"workflow", quick}}), "title"));
  CHECK(has(wrong(400, {{"title", "a"}, {"workflow", "name: x"}}), "steps"));
  CHECK(
    has(wrong(400,
              {{"title", "a"}, {"workflow", quick}, {"inputs", {{"what", 3}}}}),
        "what"));
  wrong(400, {{"title", ""}, {"workflow", quick}});
  CHECK(has(wrong(404, {{"title", "a"}, {"model", "nope"}}), "nope"));
  for (auto* body : {"", "x", "[]", "3", "{\"title\":\"a\"", "{}{}"}) {
    INFO(body);
    it.problem(400, "POST", "/runs", body);
  }
  CHECK(it.get("/runs")["items"].empty());
}

TEST_CASE("a request that is sent again with its key begins one run") {
  api_under_test it;
  std::string key = "Idempotency-Key: one\r\n";
  auto id = it.start(quick, json::object(), key);
  CHECK(it.start(quick, json::object(), key) == id);
  it.machine.wait_for_end(id);
  CHECK(it.start(quick, json::object(), key) == id);
  CHECK(it.start(quick, json::object(), "Idempotency-Key: two\r\n") != id);
  auto other = json{{"title", "another"}, {"workflow", quick}}.dump();
  CHECK(has(it.problem(422, "POST", "/runs", other, key), "new key"));
  it.problem(400, "POST", "/runs", other, "Idempotency-Key: \r\n");
  it.problem(400, "POST", "/runs", other,
             "Idempotency-Key: " + std::string(256, 'k') + "\r\n");
  CHECK(it.get("/runs")["items"].size() == 2);
}

TEST_CASE("requests with one key at the same time begin one run") {
  api_under_test it;
  auto text =
    it.server.request("POST", "/api/v1/runs", "Idempotency-Key: same\r\n",
                      json{{"title", "a"}, {"workflow", quick}}.dump());
  std::vector<test::raw_client> clients;
  for (auto i = 0; i < 8; ++i)
    clients.push_back(it.server.connect());
  for (auto& x : clients)
    REQUIRE(x.send(text));
  std::set<std::string> ids;
  for (auto& x : clients) {
    auto answer = x.read();
    if (answer.status == 409) {
      CHECK(answer.header("retry-after") == "1");
      continue;
    }
    CHECK(answer.status == 201);
    ids.insert(json::parse(answer.body)["id"].get<std::string>());
  }
  CHECK(ids.size() == 1);
  CHECK(it.get("/runs")["items"].size() == 1);
}

TEST_CASE("a run is cancelled on request") {
  api_under_test it;
  auto id = it.start(asking);
  it.wait_for_questions(id);
  CHECK(
    has(it.problem(400, "POST", "/runs/" + id + "/cancel", R"({"reasn":"a"})"),
        "reasn"));
  CHECK(it.expect(202, "POST", "/runs/" + id + "/cancel",
                  R"({"reason":"enough"})")["status"]
        == "cancelling");
  auto end = it.machine.wait_for_end(id);
  CHECK(end.result == orchestrator::run_result::cancelled);
  CHECK(end.message == "enough");
  // To ask again changes nothing, and needs no reason.
  it.expect(202, "POST", "/runs/" + id + "/cancel");
  CHECK(it.get("/runs/" + id)["state"] == "cancelled");
  // A run that has ended otherwise is not said to be cancelled.
  auto other = it.start("name: w\nsteps: [{id: a, set: {}}]\n");
  it.machine.wait_for_end(other);
  CHECK(has(it.problem(409, "POST", "/runs/" + other + "/cancel"),
            "has ended (done)"));
}

TEST_CASE("a run is made where its project and its task are") {
  api_under_test it;
  auto start = [&](json more) {
    more.update({{"title", "x"}, {"workflow", quick}});
    return more.dump();
  };
  CHECK(has(it.problem(404, "POST", "/runs", start({{"project", "nope"}})),
            "themachine project add nope"));
  CHECK(has(it.problem(404, "POST", "/runs", start({{"task", "t-1"}})),
            "project default has no task t-1"));
  CHECK(it.get("/runs")["items"].empty());
  it.expect(201, "POST", "/projects/default/tasks", R"({"title":"a"})");
  it.expect(201, "POST", "/runs", start({{"task", "t-1"}}));
}

TEST_CASE("a run that has published nothing has no diff") {
  api_under_test it;
  auto id = it.start(asking);
  CHECK(has(it.problem(404, "GET", "/runs/" + id + "/diff"), id));
}

TEST_CASE("there is nothing about a run that there is not") {
  api_under_test it;
  auto check = [&](int status, const std::string& id) {
    auto run = "/runs/" + id;
    it.problem(status, "GET", run);
    it.problem(status, "GET", run + "/events");
    it.problem(status, "GET", run + "/diff");
    it.problem(status, "POST", run + "/cancel");
    it.problem(status, "POST", run + "/answers", R"({"answer":1})");
    it.problem(status, "POST", run + "/answers",
               R"({"interrupt":"a","answer":1})");
  };
  check(404, "r-nope");
  // No run can have such an id.
  for (const auto& id : {std::string{"%20"}, std::string{"a%2Fb"},
                         std::string{}, std::string(200, 'x')}) {
    INFO(id);
    check(400, id);
  }
  CHECK(it.get("/runs")["items"].empty());
}

TEST_CASE("a run is shown as it was at the number that is shown with it") {
  api_under_test it;
  std::string many = "name: many\nvars: {x: 0}\nsteps:\n  - {id: s0, set: {x: "
                     ".vars.x + 1}}\n";
  for (auto i = 1; i < 12; ++i)
    many += "  - {id: s" + std::to_string(i) + ", needs: [s"
          + std::to_string(i - 1) + "], command: 'true'}\n";
  auto id = it.start(many, {{"repository", it.machine.repository()}});
  std::set<std::string> shown;
  std::set<std::string> numbers;
  auto events = it.follow(id, 0);
  events.read();
  // Each event means that more is going on just now.
  while (events.next_event())
    for (auto i = 0; i < 3; ++i) {
      auto answer = it.ask("GET", "/runs/" + id);
      REQUIRE(answer.status == 200);
      numbers.insert(json::parse(answer.body)["last_seq"].get<std::string>());
      shown.insert(std::move(answer.body));
    }
  CHECK(numbers.size() > 10);
  it.machine.wait_for_end(id);
  auto log = it.machine.node().engine().read(
    {orchestrator::run::kind, local_tenant, id}, 1, 100'000, 1u << 30);
  REQUIRE(log);
  std::map<uint64_t, std::string> expected;
  orchestrator::run_state then;
  for (auto& x : *log) {
    REQUIRE(!entity::apply_payload<orchestrator::run>(then, x.payload));
    expected[x.seq] = gateway::run_document(then, id, x.seq, std::nullopt);
  }
  for (auto& x : shown) {
    auto number = std::stoull(json::parse(x)["last_seq"].get<std::string>());
    REQUIRE(json::parse(x) == json::parse(expected[number]));
  }
}
