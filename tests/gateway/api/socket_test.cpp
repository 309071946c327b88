#include "runtime/wire/wire.hpp"
#include "tests/gateway/api/people.hpp"
#include "tests/gateway/socket_client.hpp"

using namespace machine;
using test::api_under_test;
using test::asking;
using test::json;
using test::people_under_test;
using test::quick;
using test::socket_client;

namespace {

constexpr const char* target = "/api/v1/socket";
constexpr const char* bearer = "Authorization: Bearer sesame\r\n";

socket_client connect(const api_under_test& it,
                      const std::string& headers = bearer,
                      const std::string& protocol = "themachine.v1.json") {
  return {it.server.port(), target, headers, protocol};
}

json subscribe(const std::string& topic, json more = json::object()) {
  more["type"] = "subscribe";
  more["id"] = "s";
  more["topic"] = topic;
  return more;
}

json request(const std::string& method, const std::string& path,
             json more = json::object()) {
  more["type"] = "request";
  more["id"] = "q";
  more["method"] = method;
  more["path"] = "/api/v1" + path;
  return more;
}

/// The next event of *client*, which is number *seq*.
json next_event(socket_client& client, uint64_t seq) {
  for (;;) {
    auto x = client.hear();
    if (x["type"] == "live")
      continue;
    INFO(x.dump());
    REQUIRE(x["type"] == "event");
    CHECK(x["seq"] == std::to_string(seq));
    CHECK(x["data"]["seq"] == x["seq"]);
    return x;
  }
}

/// Tasks of the project `default`, one event each.
void add_tasks(const api_under_test& it, int count) {
  for (int i = 0; i < count; ++i)
    it.expect(201, "POST", "/projects/default/tasks",
              json{{"title", "t" + std::to_string(i)}}.dump());
}

} // namespace

TEST_CASE("a topic has on a socket what it has as a page") {
  api_under_test it;
  add_tasks(it, 3);
  auto client = connect(it);
  CHECK(
    client.ask(subscribe("tasks"))
    == json{
      {"type", "subscribed"}, {"id", "s"}, {"topic", "tasks"}, {"seq", "0"}});
  std::vector<json> heard;
  for (uint64_t i = 1; i <= 3; ++i)
    heard.push_back(next_event(client, i)["data"]);
  add_tasks(it, 2);
  for (uint64_t i = 4; i <= 5; ++i)
    heard.push_back(next_event(client, i)["data"]);
  CHECK(heard
        == it.get("/topics/tasks/events")["items"].get<decltype(heard)>());
}

TEST_CASE(
  "who comes back with a number misses nothing and gets nothing twice") {
  api_under_test it;
  uint64_t last = 0;
  for (int round = 0; round < 5; ++round) {
    auto client = connect(it);
    CHECK(
      client.ask(subscribe("tasks", {{"after", std::to_string(last)}}))["seq"]
      == std::to_string(last));
    add_tasks(it, 2);
    next_event(client, ++last);
    client.leave();
    add_tasks(it, 1);
  }
}

TEST_CASE("latest leaves out what has happened") {
  api_under_test it;
  add_tasks(it, 2);
  auto client = connect(it);
  CHECK(client.ask(subscribe("tasks", {{"latest", true}}))["seq"] == "2");
  add_tasks(it, 1);
  next_event(client, 3);
}

TEST_CASE("a run has its events on a socket, and an end") {
  api_under_test it;
  auto id = it.start(quick);
  auto client = connect(it);
  CHECK(client.ask(subscribe("run/" + id))["type"] == "subscribed");
  uint64_t seq = 0;
  for (;;) {
    auto x = client.hear();
    if (x["type"] == "ended") {
      CHECK(x["topic"] == "run/" + id);
      CHECK(x["code"] == "complete");
      CHECK(x["seq"] == std::to_string(seq));
      break;
    }
    REQUIRE(x["type"] == "event");
    CHECK(x["seq"] == std::to_string(++seq));
  }
  // Who has all is told so at once.
  CHECK(
    client.ask(subscribe("run/" + id, {{"after", std::to_string(seq)}}))["type"]
    == "subscribed");
  CHECK(client.hear()["code"] == "complete");
}

TEST_CASE("a subscription gets no more than its credit") {
  api_under_test it;
  add_tasks(it, 3);
  auto client = connect(it);
  client.ask(subscribe("tasks", {{"credit", 2}}));
  next_event(client, 1);
  next_event(client, 2);
  // Were there a third, it would come before this.
  add_tasks(it, 1);
  CHECK(client.ask({{"type", "ping"}, {"id", "p"}})
        == json{{"type", "pong"}, {"id", "p"}});
  client.say(
    {{"type", "credit"}, {"id", "c"}, {"topic", "tasks"}, {"events", 3}});
  next_event(client, 3);
  next_event(client, 4);
  add_tasks(it, 2);
  next_event(client, 5);
  CHECK(client.ask({{"type", "ping"}, {"id", "p"}})["type"] == "pong");
}

TEST_CASE("who unsubscribes hears no more, and can come again") {
  api_under_test it;
  auto client = connect(it);
  client.ask(subscribe("tasks"));
  add_tasks(it, 1);
  next_event(client, 1);
  CHECK(
    client.ask({{"type", "unsubscribe"}, {"id", "u"}, {"topic", "tasks"}})
    == json{
      {"type", "unsubscribed"}, {"id", "u"}, {"topic", "tasks"}, {"seq", "1"}});
  add_tasks(it, 1);
  CHECK(client.ask(subscribe("tasks", {{"after", "1"}}))["type"]
        == "subscribed");
  next_event(client, 2);
}

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

TEST_CASE("one client has a bounded number of topics") {
  api_under_test it;
  auto client = connect(it);
  std::vector<std::string> runs;
  for (int i = 0; i < 65; ++i)
    runs.push_back(it.start(asking));
  for (int i = 0; i < 64; ++i)
    client.say(subscribe("run/" + runs[i], {{"latest", true}}));
  for (int subscribed = 0; subscribed < 64;)
    subscribed += client.hear()["type"] == "subscribed" ? 1 : 0;
  client.say(subscribe("run/" + runs[64]));
  for (;;)
    if (auto x = client.hear(); x["type"] != "event" && x["type"] != "live") {
      CHECK(x["type"] == "error");
      CHECK(x["code"] == "limit_exceeded");
      break;
    }
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

TEST_CASE("MessagePack has the same events") {
  api_under_test it;
  auto client = connect(it, bearer, "themachine.v1.msgpack");
  CHECK(client.protocol() == "themachine.v1.msgpack");
  auto say = [&](const json& what) {
    auto packed = json::to_msgpack(what);
    client.send(0x82,
                {reinterpret_cast<const char*>(packed.data()), packed.size()});
  };
  auto hear = [&] {
    auto frame = client.next();
    REQUIRE(frame.first == 0x82);
    return json::from_msgpack(frame.payload);
  };
  say(subscribe("tasks"));
  CHECK(hear()["type"] == "subscribed");
  add_tasks(it, 1);
  auto x = hear();
  CHECK(x["type"] == "event");
  CHECK(x["seq"] == 1);
  CHECK(json::parse(x["data"].get<std::string>())["data"]["title"] == "t0");
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

TEST_CASE("who has used up their requests keeps what they are subscribed to") {
  test::unusual how;
  how.server = [](auto& x) { x.check_period = duration{5}; };
  how.context = [](auto& x) {
    gateway::rate_rules rules;
    rules.key = security::rate_limit{1, 3};
    x.rates = std::make_shared<gateway::rate_gate>(rules);
  };
  people_under_test it{test::no_rules, people_under_test::cheap(), how};
  it.make_tenant("acme");
  auto ann = it.make("acme", "ann", tenants::role::admin);
  auto socket = connect(it, ann.headers());
  CHECK(socket.ask(subscribe("tasks"))["type"] == "subscribed");
  while (it.ask_as(&ann, "GET", "/api/v1/me").status != 429)
    continue;
  // Some forty times it is looked at whether she is still somebody.
  auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds{200};
  uint64_t number = 0;
  while (std::chrono::steady_clock::now() < end) {
    it.expect(201, "POST", "/projects/default/tasks", R"({"title":"x"})",
              "X-Tenant: acme\r\n");
    next_event(socket, ++number);
  }
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

TEST_CASE("who may not see a topic any more hears no more of it") {
  people_under_test it{test::no_rules,
                       people_under_test::cheap(),
                       {.server = [](gateway::server_options& x) {
                         x.check_period = duration{5};
                       }}};
  it.make_tenant("acme");
  auto ann = it.make("acme", "ann", tenants::role::viewer);
  auto socket = connect(it, ann.headers());
  CHECK(socket.ask(subscribe("tasks"))["type"] == "subscribed");
  it.expect(200, "PATCH", "/principals/ann", R"({"role":null})",
            "X-Tenant: acme\r\n");
  auto end = socket.hear();
  CHECK(end["type"] == "ended");
  CHECK(end["code"] == "denied");
  // She is known still.
  CHECK(socket.ask(request("GET", "/me"))["status"] == 200);
}

TEST_CASE("hundreds of clients of one topic get the same, in order") {
  api_under_test it;
  std::vector<socket_client> clients;
  for (int i = 0; i < 100; ++i) {
    clients.push_back(connect(it));
    clients.back().ask(subscribe("tasks"));
  }
  add_tasks(it, 20);
  for (auto& client : clients)
    for (uint64_t i = 1; i <= 20; ++i)
      next_event(client, i);
}

namespace {

/// Runs with a log of some 200 kilobytes each.
std::vector<std::string> start_large_runs(api_under_test& it, size_t count) {
  std::vector<std::string> result;
  json more{{"inputs", {{"what", std::string(200'000, 'x')}}}};
  for (size_t i = 0; i < count; ++i)
    result.push_back(it.start(quick, more));
  for (auto& id : result)
    it.machine.wait_for_end(id);
  return result;
}

} // namespace

TEST_CASE("a client that reads gets all that it has subscribed to at once") {
  api_under_test it;
  auto runs = start_large_runs(it, 30);
  auto client = connect(it);
  for (auto& id : runs)
    client.say(subscribe("run/" + id));
  std::map<std::string, uint64_t> seen;
  for (size_t ended = 0; ended < runs.size();) {
    auto x = client.hear();
    INFO(x.dump().substr(0, 300));
    auto topic = x["topic"].get<std::string>();
    if (x["type"] == "event")
      CHECK(x["seq"] == std::to_string(++seen[topic]));
    else if (x["type"] == "ended") {
      CHECK(x["code"] == "complete");
      ++ended;
    } else {
      CHECK(x["type"] == "subscribed");
    }
  }
  CHECK(seen.size() == runs.size());
}

TEST_CASE("a client that goes while its topics wait leaves nothing behind") {
  api_under_test it;
  auto runs = start_large_runs(it, 30);
  auto before = it.context.use_count();
  {
    socket_client client{it.server.port(), target, bearer, "themachine.v1.json",
                         4'096};
    for (auto& id : runs)
      client.say(subscribe("run/" + id));
    // Those of the other topics come behind what is not read.
    while (client.hear()["type"] != "event") {
    }
  }
  auto end = std::chrono::steady_clock::now() + std::chrono::seconds{20};
  while (it.context.use_count() > before
         && std::chrono::steady_clock::now() < end)
    it.get("/me");
  CHECK(it.context.use_count() <= before);
}
