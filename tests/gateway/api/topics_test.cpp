#include "tests/gateway/api/api_under_test.hpp"

using namespace machine;
using test::api_under_test;
using test::asking;
using test::json;
using test::quick;
using test::raw_client;

namespace {

raw_client listen(const api_under_test& it, const std::string& topic,
                  const std::string& after, const std::string& headers = "") {
  auto client = it.server.connect();
  if (!client.send(it.server.request(
        "GET", "/api/v1/topics/" + topic + "/events?after=" + after,
        "Accept: text/event-stream\r\n" + headers)))
    FAIL("the server hung up");
  if (client.read().status != 200)
    FAIL("the server refused");
  return client;
}

json next(raw_client& from) {
  auto event = from.next_event();
  REQUIRE(event);
  auto result = json::parse(event->data);
  CHECK(result["seq"] == event->id);
  result["name"] = event->name;
  return result;
}

std::vector<json> page(const api_under_test& it, const std::string& topic,
                       const std::string& after) {
  return it.get("/topics/" + topic + "/events?after=" + after)["items"];
}

} // namespace

TEST_CASE("a topic tells of every run, by numbers without a gap") {
  api_under_test it;
  auto live = listen(it, "runs", "0");
  constexpr int runs = 5;
  std::map<std::string, std::string> last;
  for (int i = 0; i < runs; ++i)
    it.machine.wait_for_end(it.start(quick));
  uint64_t number = 0;
  auto all_done = [&] {
    return last.size() == runs
        && std::all_of(last.begin(), last.end(),
                       [](auto& x) { return x.second == "done"; });
  };
  std::vector<json> heard;
  while (!all_done()) {
    heard.push_back(next(live));
    auto& x = heard.back();
    CHECK(x["seq"] == std::to_string(++number));
    CHECK(x["project"] == "default");
    last[x["subject"]] = x["data"]["state"];
  }
  // Pages have the same.
  auto stored = page(it, "runs", "0");
  REQUIRE(stored.size() >= heard.size());
  for (size_t i = 0; i < heard.size(); ++i) {
    heard[i].erase("name");
    CHECK(stored[i] == heard[i]);
  }
}

TEST_CASE("who comes back gets what came meanwhile, once") {
  api_under_test it;
  auto begin = listen(it, "interrupts", "latest");
  auto first = next(begin);
  CHECK(first["name"] == "begin");
  CHECK(first["seq"] == "0");
  begin.leave();
  auto id = it.start(asking);
  it.wait_for_questions(id);
  auto again = listen(it, "interrupts", "0", "Last-Event-ID: 0\r\n");
  auto opened = next(again);
  CHECK(opened["type"] == "interrupt.opened");
  CHECK(opened["data"]["question"] == "Go on?");
  again.leave();
  it.expect(200, "POST", "/runs/" + id + "/answers",
            R"({"answer":{"approved":true}})");
  auto last = listen(it, "interrupts", "0", "Last-Event-ID: 1\r\n");
  auto answered = next(last);
  CHECK(answered["type"] == "interrupt.answered");
  CHECK(answered["data"]["by"] == "local");
}

TEST_CASE("that a run is erased is told of") {
  api_under_test it;
  auto id = it.start(quick);
  it.machine.wait_for_end(id);
  it.expect(200, "DELETE", "/runs/" + id);
  auto last = page(it, "runs", "0").back();
  CHECK(last["type"] == "run.erased");
  CHECK(last["subject"] == "run/" + id);
  CHECK(last["project"] == "default");
  CHECK(last["data"]["id"] == id);
}

TEST_CASE("tasks are told of, and only to their own tenant") {
  api_under_test it;
  it.expect(201, "POST", "/tenants", R"({"id":"acme"})");
  auto other = listen(it, "tasks", "latest", "X-Tenant: acme\r\n");
  CHECK(next(other)["seq"] == "0");
  it.expect(201, "POST", "/projects/default/tasks", R"({"title":"Paint it"})");
  auto told = page(it, "tasks", "0");
  REQUIRE(told.size() == 1);
  CHECK(told[0]["type"] == "task.created");
  CHECK(told[0]["data"]["title"] == "Paint it");
  CHECK(it.expect(200, "GET", "/topics/tasks/events", "",
                  "X-Tenant: acme\r\n")["items"]
          .empty());
  // What the other hears first is its own.
  it.expect(201, "POST", "/projects/default/tasks", R"({"title":"Sell it"})",
            "X-Tenant: acme\r\n");
  CHECK(next(other)["data"]["title"] == "Sell it");
}

TEST_CASE("a topic that there is not, and a number that is none, are refused") {
  api_under_test it;
  CHECK(it.problem(404, "GET", "/topics/gossip/events").find("interrupts")
        != std::string::npos);
  it.problem(400, "GET", "/topics/runs/events?after=x");
  it.problem(400, "GET", "/topics/runs/events?after=1");
}
