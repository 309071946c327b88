#include "runtime/wire/wire.hpp"
#include "tests/gateway/api/socket_talk.hpp"

using namespace machine;
using test::add_tasks;
using test::api_under_test;
using test::connect;
using test::json;
using test::next_event;
using test::people_under_test;
using test::request;
using test::subscribe;

TEST_CASE("what is wrong is said with its id, and the socket stays open") {
  api_under_test it;
  auto client = connect(it);
  auto wrong = [&](const json& what) {
    auto answer = client.ask(what);
    INFO(what.dump() << " " << answer.dump());
    CHECK(answer["type"] == "error");
    CHECK(answer["message"] != "");
    return answer;
  };
  auto gossip = wrong(subscribe("gossip"));
  CHECK(gossip["id"] == "s");
  CHECK(gossip["code"] == "not_found");
  CHECK(gossip["message"]
        == "there is no topic gossip; there are audit, costs, interrupts, "
           "nodes, runs and tasks, and run/ID for a run");
  CHECK(wrong(subscribe("run/"))["code"] == "not_found");
  CHECK(wrong(subscribe("run/r-nothere"))["code"] == "not_found");
  CHECK(wrong(subscribe("run/../x"))["type"] == "error");
  CHECK(wrong(subscribe("tasks", {{"after", "9"}}))["message"]
        == "after is 9, but the last event of tasks is 0");
  client.ask(subscribe("tasks"));
  CHECK(wrong(subscribe("tasks"))["code"] == "conflict");
  CHECK(wrong({{"type", "unsubscribe"}, {"id", "u"}, {"topic", "runs"}})["id"]
        == "u");
  CHECK(wrong({{"type", "credit"},
               {"id", "c"},
               {"topic", "runs"},
               {"events", 1}})["code"]
        == "not_found");
  CHECK(wrong({{"type", "credit"},
               {"id", "c"},
               {"topic", "tasks"},
               {"events", 1}})["code"]
        == "invalid_argument");
  CHECK(wrong({{"type", "dance"}, {"id", "d"}})["id"] == "d");
  CHECK(!wrong(json::array())["message"].get<std::string>().empty());
  client.send(0x81, "no json");
  CHECK(client.hear()["type"] == "error");
  client.send(0x82, "x");
  CHECK(client.hear()["type"] == "error");
  add_tasks(it, 1);
  next_event(client, 1);
}

TEST_CASE("any route answers on a socket as it does by HTTP") {
  api_under_test it;
  auto client = connect(it);
  auto made = client.ask(request("POST", "/projects/default/tasks",
                                 {{"body", {{"title", "Paint it"}}}}));
  CHECK(made["type"] == "response");
  CHECK(made["id"] == "q");
  CHECK(made["status"] == 201);
  CHECK(made["headers"]["Content-Type"] == "application/json");
  CHECK(made["headers"].contains("X-Request-Id"));
  auto path =
    "/projects/default/tasks/" + made["body"]["id"].get<std::string>();
  auto got = client.ask(request("GET", path));
  CHECK(got["status"] == 200);
  CHECK(got["body"] == it.get(path));
  auto tag = got["headers"]["ETag"].get<std::string>();
  auto same =
    client.ask(request("GET", path, {{"headers", {{"If-None-Match", tag}}}}));
  CHECK(same["status"] == 304);
  CHECK(!same.contains("body"));
  auto stale = client.ask(request(
    "PATCH", path,
    {{"headers", {{"if-match", "\"x\""}}}, {"body", {{"title", "Sell it"}}}}));
  CHECK(stale["status"] == 412);
  CHECK(stale["body"]["code"] == "changed");
  CHECK(client.ask(request("GET", "/nothing"))["status"] == 404);
  CHECK(client.ask(request("PUT", "/projects"))["status"] == 405);
  CHECK(client.ask(request("PUT", "/projects"))["headers"].contains("Allow"));
  CHECK(client.ask(request("GET", "/projects?x=1"))["status"] == 400);
  CHECK(client.ask(request("POST", "/runs", {{"body", {{"x", 1}}}}))["status"]
        == 400);
}

TEST_CASE("who asks on a socket is who has opened it") {
  people_under_test it;
  it.make_tenant("acme");
  auto ann = it.make("acme", "ann", tenants::role::viewer);
  auto client = connect(it, ann.headers());
  CHECK(client.ask(request("GET", "/me"))["body"]["id"] == "ann");
  CHECK(client.ask(request("POST", "/projects",
                           {{"body", {{"id", "x"}, {"name", "x"}}}}))["status"]
        == 403);
  for (auto* name : {"Authorization", "X-Tenant", "Host", "Cookie"})
    CHECK(
      client.ask(request("GET", "/me", {{"headers", {{name, "x"}}}}))["status"]
      == 400);
}

TEST_CASE("what is no JSON comes as bytes") {
  api_under_test it;
  auto client = connect(it);
  auto x = client.ask(
    {{"type", "request"}, {"id", "q"}, {"method", "GET"}, {"path", "/livez"}});
  CHECK(x["status"] == 200);
  CHECK((x.contains("body") || x.contains("content")));
}

TEST_CASE("of requests with an id in use, or too many, each is told so") {
  api_under_test it;
  auto client = connect(it);
  // Both are there before an answer is.
  std::string both;
  for (int i = 0; i < 40; ++i)
    both += test::client_frame(
      0x81,
      request("POST", "/runs", {{"id", "x"}, {"body", json::object()}}).dump());
  for (int i = 0; i < 40; ++i) {
    json x{{"type", "request"},
           {"id", std::to_string(i)},
           {"method", "GET"},
           {"path", "/api/v1/projects"}};
    both += test::client_frame(0x81, x.dump());
  }
  REQUIRE(client.raw().send(both));
  int answers = 0;
  int errors = 0;
  for (int i = 0; i < 80; ++i) {
    auto x = client.hear();
    if (x["type"] == "response")
      ++answers;
    else if (x["code"] == "conflict" || x["code"] == "rate_limited")
      ++errors;
  }
  CHECK(answers + errors == 80);
}

TEST_CASE("sockets that are told of a stop know where to go on") {
  api_under_test it;
  add_tasks(it, 2);
  auto client = connect(it);
  client.ask(subscribe("tasks"));
  next_event(client, 1);
  next_event(client, 2);
  it.server.drain(duration{0});
  auto last = client.hear();
  CHECK(last["type"] == "ended");
  CHECK(last["topic"] == "tasks");
  CHECK(last["seq"] == "2");
  CHECK(last["code"] == "restart");
  CHECK(client.next().code() == 1012);
}

TEST_CASE("a key that is revoked ends its sockets and streams") {
  people_under_test it{test::no_rules,
                       people_under_test::cheap(),
                       {.server = [](gateway::server_options& x) {
                         x.check_period = duration{5};
                       }}};
  it.make_tenant("acme");
  auto ann = it.make("acme", "ann", tenants::role::admin);
  auto bob = it.make("acme", "bob", tenants::role::admin);
  auto socket = connect(it, ann.headers());
  CHECK(socket.ask(subscribe("tasks"))["type"] == "subscribed");
  auto stream = it.server.connect();
  REQUIRE(
    stream.send("GET /api/v1/topics/tasks/events?after=latest HTTP/1.1\r\n"
                "Host: localhost\r\nAccept: text/event-stream\r\n"
                + ann.headers() + "\r\n"));
  REQUIRE(stream.read().status == 200);
  CHECK(stream.next_event()->name == "begin");
  auto key = json::parse(it.ask_as(&ann, "GET", "/api/v1/me").body)["key"]
               .get<std::string>();
  CHECK(it.ask_as(&bob, "DELETE", "/api/v1/keys/" + key).status == 200);
  CHECK(socket.next().code() == 1008);
  CHECK(stream.next_event()->name == "dropped");
  CHECK(!stream.next_event());
}

TEST_CASE("sockets count as streams, and nobody has more than they may") {
  people_under_test it{
    test::no_rules, people_under_test::cheap(), {.context = [](auto& x) {
      gateway::rate_rules rules;
      rules.streams_of_principal = 1;
      x.streams = std::make_shared<gateway::stream_counts>(rules);
    }}};
  it.make_tenant("acme");
  auto ann = it.make("acme", "ann", tenants::role::admin);
  auto bob = it.make("acme", "bob", tenants::role::admin);
  auto first = connect(it, ann.headers());
  CHECK(first.ask(subscribe("tasks"))["type"] == "subscribed");
  auto second = it.server.ask(
    test::socket_request(it.server.port(), "/api/v1/socket", ann.headers()));
  CHECK(second.status == 429);
  CHECK(second.header("retry-after") == "5");
  CHECK(connect(it, bob.headers()).ask(subscribe("tasks"))["type"]
        == "subscribed");
}
