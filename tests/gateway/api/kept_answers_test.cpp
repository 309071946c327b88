#include "actors/node/actors.hpp"
#include "actors/tenants/check.hpp"
#include "gateway/api/entrance.hpp"
#include "gateway/api/kept_answers.hpp"
#include "gateway/identity/principal.hpp"
#include "runtime/wire/wire.hpp"
#include "tests/gateway/api/people.hpp"

#include <set>

using namespace machine;
using gateway::http_request;
using gateway::key_rule;
using requests::kept_answer;
using tenants::role;
using test::api_under_test;
using test::json;
using test::people_under_test;
using test::quick;
using test::raw_answer;

namespace {

bool has(const std::string& text, std::string_view what) {
  return text.find(what) != std::string::npos;
}

std::string key(const std::string& name) {
  return "Idempotency-Key: " + name + "\r\n";
}

std::string task(const std::string& title = "one") {
  return json{{"title", title}}.dump();
}

constexpr const char* tasks = "/projects/default/tasks";

/// The project is made by its first task.
size_t count_tasks(const api_under_test& it) {
  auto answer = it.ask("GET", tasks);
  return answer.status == 404 ? 0 : json::parse(answer.body)["items"].size();
}

/// Who has the token of the machine.
gateway::principal machine_principal() {
  gateway::principal x;
  x.home = tenants::system_tenant;
  x.tenant = local_tenant;
  x.id = "local";
  x.kind = gateway::principal::nature::machine;
  x.everywhere = tenants::role::admin;
  return x;
}

/// Begins *method* of *path* as a machine does that dies right after it.
void begin_and_die(api_under_test& it, const std::string& name,
                   const std::string& method, const std::string& path,
                   const std::string& body) {
  http_request x;
  x.method = method;
  x.path = "/api/v1" + path;
  x.body = body;
  x.who = std::make_shared<const gateway::principal>(machine_principal());
  auto& actors = it.machine.node().actors();
  caf::scoped_actor self{actors.system};
  caf::error problem;
  self
    ->request(actors.answers, std::chrono::seconds{30}, atom::command_v,
              entity::key{local_tenant,
                          gateway::kept_answer_id(machine_principal(), name)},
              requests::kept_command{requests::begin_request{
                gateway::fingerprint_of(x), method + " " + x.path, "gone",
                "an earlier life", requests::repetition::counts}})
    .receive([](const entity::outcome<kept_answer>&) {},
             [&](caf::error& why) { problem = std::move(why); });
  REQUIRE(!problem);
}

/// Everything that stands in the logs of kept answers.
std::string stored_answers(api_under_test& it) {
  std::string result;
  auto& engine = it.machine.node().engine();
  for (auto* tenant : {local_tenant, "acme"}) {
    store::query what{kept_answer::kind, tenant};
    auto page = engine.list(what);
    REQUIRE(page);
    for (auto& row : page->rows) {
      auto events = engine.read(row.stream, 1, 1'000, 1u << 30);
      REQUIRE(events);
      for (auto& x : *events)
        result += as_text(x.payload);
    }
  }
  return result;
}

} // namespace

TEST_CASE("what comes twice with one key is done once and answered twice") {
  api_under_test it;
  auto first = it.ask("POST", tasks, task(), key("k"));
  REQUIRE(first.status == 201);
  CHECK(first.header("idempotency-replayed").empty());
  auto second = it.ask("POST", tasks, task(), key("k"));
  CHECK(second.status == 201);
  CHECK(second.body == first.body);
  CHECK(second.header("content-type") == first.header("content-type"));
  CHECK(second.header("idempotency-replayed") == "true");
  CHECK(count_tasks(it) == 1);
  it.expect(201, "POST", tasks, task(), key("another"));
  it.expect(201, "POST", tasks, task());
  CHECK(count_tasks(it) == 3);
}

TEST_CASE("a key that came with another request is refused") {
  api_under_test it;
  it.expect(201, "POST", tasks, task(), key("k"));
  auto said = it.problem(422, "POST", tasks, task("two"), key("k"));
  CHECK(has(said, "POST /api/v1/projects/default/tasks"));
  CHECK(has(said, "new key"));
  it.problem(422, "POST", "/projects", R"({"id":"x","name":"X"})", key("k"));
  it.problem(422, "PATCH", "/projects/default/tasks/t-1", task(), key("k"));
  CHECK(count_tasks(it) == 1);
}

TEST_CASE("a key has 1 to 255 visible characters") {
  api_under_test it;
  for (auto& bad : {std::string{}, std::string(256, 'k'), std::string{"a b"},
                    std::string{"\xC3\xA4"}})
    CHECK(has(it.problem(400, "POST", tasks, task(), key(bad)), "1 to 255"));
  CHECK(count_tasks(it) == 0);
  it.expect(201, "POST", tasks, task(), key(std::string(255, 'k')));
  it.expect(201, "POST", tasks, task(), key("\"8e03978e-40d5\""));
}

TEST_CASE("what was refused for what it said may be put right with its key") {
  api_under_test it;
  it.problem(400, "POST", tasks, "{}", key("k"));
  it.problem(400, "POST", tasks, "{}", key("k"));
  it.expect(201, "POST", tasks, task(), key("k"));
  CHECK(count_tasks(it) == 1);
}

TEST_CASE("what is not there is not there again") {
  api_under_test it;
  auto first = it.ask("POST", "/projects/nope/tasks", task(), key("k"));
  CHECK(first.status == 404);
  it.expect(201, "POST", "/projects", R"({"id":"nope","name":"N"})");
  auto second = it.ask("POST", "/projects/nope/tasks", task(), key("k"));
  CHECK(second.status == 404);
  CHECK(second.body == first.body);
  CHECK(second.header("idempotency-replayed") == "true");
}

TEST_CASE("PATCH and DELETE are done once, too") {
  api_under_test it;
  it.expect(201, "POST", tasks, task());
  auto one = std::string{tasks} + "/t-1";
  it.expect(200, "PATCH", one, R"({"title":"new"})", key("p"));
  it.expect(200, "PATCH", one, R"({"title":"newer"})");
  auto again = it.ask("PATCH", one, R"({"title":"new"})", key("p"));
  CHECK(json::parse(again.body)["title"] == "new");
  CHECK(it.get(one)["title"] == "newer");
  auto id = it.start(quick);
  it.machine.wait_for_end(id);
  it.expect(200, "DELETE", "/runs/" + id, "", key("d"));
  it.expect(200, "DELETE", "/runs/" + id, "", key("d"));
  it.problem(404, "DELETE", "/runs/" + id, "");
}

TEST_CASE("a key with GET is nothing") {
  api_under_test it;
  it.expect(201, "POST", tasks, task());
  it.expect(200, "GET", tasks, "", key("k"));
  it.expect(201, "POST", tasks, task(), key("k"));
  auto answer = it.ask("GET", tasks, "", key("k"));
  CHECK(answer.header("idempotency-replayed").empty());
  CHECK(json::parse(answer.body)["items"].size() == 2);
}

TEST_CASE("of requests with one key at the same instant one is done") {
  api_under_test it;
  auto text = it.server.request("POST", std::string{"/api/v1"} + tasks,
                                key("same"), task());
  std::vector<test::raw_client> clients;
  for (auto i = 0; i < 16; ++i)
    clients.push_back(it.server.connect());
  for (auto& x : clients)
    REQUIRE(x.send(text));
  std::set<std::string> bodies;
  size_t first = 0;
  for (auto& x : clients) {
    auto answer = x.read();
    if (answer.status == 409) {
      CHECK(has(answer.body, "still under way"));
      CHECK(answer.header("retry-after") == "1");
      continue;
    }
    CHECK(answer.status == 201);
    first += answer.header("idempotency-replayed").empty() ? 1 : 0;
    bodies.insert(answer.body);
  }
  CHECK(first == 1);
  CHECK(bodies.size() == 1);
  CHECK(count_tasks(it) == 1);
}

TEST_CASE("the keys of others are others'") {
  people_under_test it;
  it.make_tenant("acme");
  auto ann = it.make("acme", "ann", role::admin);
  auto bob = it.make("acme", "bob", role::admin);
  auto ask = [&](const test::person& who) {
    return it.ask_as(&who, "POST", "/api/v1/principals", R"({"id":"new"})",
                     key("k"));
  };
  CHECK(ask(ann).status == 201);
  // For Bob it is not done yet, and cannot be.
  auto other = ask(bob);
  CHECK(other.status == 409);
  CHECK(other.header("idempotency-replayed").empty());
  CHECK(ask(ann).header("idempotency-replayed") == "true");
  // The same person with another key of theirs.
  auto next = ann;
  next.secret =
    json::parse(it.ask_as(&ann, "POST", "/api/v1/keys", "{}").body)["secret"];
  CHECK(ask(next).header("idempotency-replayed") == "true");
  // Another tenant.
  it.expect(201, "POST", tasks, task(), key("t"));
  it.expect(201, "POST", "/projects", R"({"id":"default","name":"D"})",
            "X-Tenant: acme\r\n");
  auto there = it.ask("POST", tasks, task(), key("t") + "X-Tenant: acme\r\n");
  CHECK(there.status == 201);
  CHECK(there.header("idempotency-replayed").empty());
}

TEST_CASE("who may not ask any more is not told what was answered") {
  people_under_test it;
  it.make_tenant("acme");
  auto ann = it.make("acme", "ann", role::admin);
  auto ask = [&] {
    return it.ask_as(&ann, "POST", "/api/v1/principals", R"({"id":"new"})",
                     key("k"));
  };
  CHECK(ask().status == 201);
  auto in_acme = "X-Tenant: acme\r\n";
  it.make("acme", "root", role::admin);
  it.expect(200, "PATCH", "/principals/ann", R"({"role":"viewer"})", in_acme);
  CHECK(ask().status == 403);
  it.expect(200, "PATCH", "/principals/ann", R"({"role":"admin"})", in_acme);
  CHECK(ask().header("idempotency-replayed") == "true");
  it.expect(200, "POST", "/principals/ann/disable", "", in_acme);
  CHECK(ask().status == 401);
}

TEST_CASE("a secret is shown once and not stored") {
  people_under_test it;
  it.make_tenant("acme");
  auto ann = it.make("acme", "ann", role::admin);
  auto first = it.ask_as(&ann, "POST", "/api/v1/keys", "{}", key("k"));
  REQUIRE(first.status == 201);
  auto made = json::parse(first.body);
  std::string secret = made["secret"];
  auto second = it.ask_as(&ann, "POST", "/api/v1/keys", "{}", key("k"));
  CHECK(second.status == 409);
  CHECK(has(second.body, "shown once"));
  CHECK(!has(second.body, secret));
  auto rotate = "/api/v1/keys/" + made["id"].get<std::string>() + "/rotate";
  auto next = it.ask_as(&ann, "POST", rotate, "{}", key("r"));
  REQUIRE(next.status == 201);
  CHECK(it.ask_as(&ann, "POST", rotate, "{}", key("r")).status == 409);
  auto stored = stored_answers(it);
  CHECK(has(stored, "POST /api/v1/keys"));
  // The part that tells, without what may be known.
  for (auto& text :
       {secret, json::parse(next.body)["secret"].get<std::string>()})
    CHECK(!has(stored, text.substr(text.rfind('_') + 1)));
}

TEST_CASE("a stream cannot be kept, and stopping needs no key") {
  api_under_test it;
  auto said = it.problem(400, "POST", "/store/verify", "", key("k"));
  CHECK(has(said, "stream"));
  it.expect(202, "POST", "/stop", "", key("k"));
  CHECK(it.stopping.wait());
}

TEST_CASE("what an earlier life of the machine did not finish") {
  api_under_test it;
  SECTION("is not begun again by itself") {
    begin_and_die(it, "k", "POST", tasks, task());
    auto said = it.problem(409, "POST", tasks, task(), key("k"));
    CHECK(has(said, "cut off"));
    CHECK(has(said, "new key"));
    CHECK(count_tasks(it) == 0);
    it.problem(422, "POST", tasks, task("two"), key("k"));
  }
  SECTION("is begun again where that is harmless") {
    auto body = json{{"title", "a"}, {"workflow", quick}}.dump();
    begin_and_die(it, "k", "POST", "/runs", body);
    auto id = it.expect(201, "POST", "/runs", body, key("k"))["id"];
    CHECK(it.expect(201, "POST", "/runs", body, key("k"))["id"] == id);
    CHECK(it.get("/runs")["items"].size() == 1);
    it.expect(201, "POST", tasks, task());
    auto one = std::string{tasks} + "/t-1";
    begin_and_die(it, "p", "PATCH", one, task("new"));
    it.expect(200, "PATCH", one, task("new"), key("p"));
  }
}

namespace {

/// One life of *machine* behind its door.
struct life_of {
  explicit life_of(test::machine_under_test& machine,
                   size_t most = gateway::max_kept_answers)
      : context(std::make_shared<gateway::api_context>()),
        server((prepare(machine, most), gateway::make_routes(context)),
               [&](gateway::server_options& x) {
                 x.door = gateway::make_entrance(context, "sesame");
               }) {}

  void prepare(test::machine_under_test& machine, size_t most) const {
    context->machine = &machine.node();
    context->keys =
      std::make_shared<gateway::key_ring>(machine.node().options().engine);
    context->answers = std::make_shared<gateway::kept_answers>(most);
  }

  raw_answer make_task(const std::string& name) const {
    return server.ask(server.request("POST", std::string{"/api/v1"} + tasks,
                                     key(name), task()));
  }

  std::shared_ptr<gateway::api_context> context;
  test::server_under_test server;
};

} // namespace

TEST_CASE("an answer outlives the machine") {
  test::machine_under_test machine{test::no_rules};
  std::string first;
  for (auto number = 0; number < 3; ++number) {
    if (number > 0)
      machine.restart();
    life_of it{machine};
    auto answer = it.make_task("k");
    CHECK(answer.status == 201);
    CHECK((answer.header("idempotency-replayed") == "true") == (number > 0));
    if (number == 0)
      first = answer.body;
    CHECK(answer.body == first);
    CHECK(machine.project().tasks.size() == 1);
  }
}

TEST_CASE("a tenant has so many answers kept and no more") {
  test::machine_under_test machine{test::no_rules};
  {
    life_of it{machine, 2};
    CHECK(it.make_task("a").status == 201);
    CHECK(it.make_task("b").status == 201);
    auto refused = it.make_task("c");
    CHECK(refused.status == 429);
    CHECK(refused.header("retry-after") == "60");
    CHECK(has(refused.body, "retention.answers"));
    // What is there already takes no more room.
    CHECK(it.make_task("a").header("idempotency-replayed") == "true");
  }
  machine.restart();
  life_of it{machine, 3};
  CHECK(it.make_task("c").status == 201);
  CHECK(it.make_task("d").status == 429);
  CHECK(machine.project().tasks.size() == 3);
}

TEST_CASE("what a client no longer waits for is kept for when it asks again") {
  api_under_test it;
  for (auto i = 0; i < 20; ++i) {
    auto name = key("k" + std::to_string(i));
    {
      auto client = it.server.connect();
      REQUIRE(client.send(it.server.request(
        "POST", std::string{"/api/v1"} + tasks, name, task())));
    }
    // It may be under way; in the end it is there.
    auto status = 409;
    for (auto left = 10'000; status == 409 && left > 0; --left)
      status = it.ask("POST", tasks, task(), name).status;
    REQUIRE(status == 201);
  }
  CHECK(count_tasks(it) == 20);
}

TEST_CASE("what makes one request another") {
  http_request x;
  x.method = "POST";
  x.path = "/a";
  x.query = {{"b", "c"}};
  x.body = "d";
  auto same = x;
  same.id = "another";
  same.headers["user-agent"] = "y";
  CHECK(gateway::fingerprint_of(same) == gateway::fingerprint_of(x));
  std::set<security::digest> all{gateway::fingerprint_of(x)};
  auto differs = [&](const http_request& y) {
    return all.insert(gateway::fingerprint_of(y)).second;
  };
  auto y = x;
  y.method = "PATCH";
  CHECK(differs(y));
  y = x;
  y.path = "/ab";
  CHECK(differs(y));
  y = x;
  y.query = {{"bc", ""}};
  CHECK(differs(y));
  y.query = {};
  CHECK(differs(y));
  y.query = {{"b", "c"}, {"d", ""}};
  CHECK(differs(y));
  y = x;
  y.body = "";
  CHECK(differs(y));
  y = x;
  y.headers["if-match"] = "\"1\"";
  CHECK(differs(y));
}

TEST_CASE("no two principals share a key") {
  auto x = machine_principal();
  std::set<std::string> all{gateway::kept_answer_id(x, "k")};
  CHECK(all.begin()->size() == 64);
  auto differs = [&](const gateway::principal& y, const char* name) {
    return all.insert(gateway::kept_answer_id(y, name)).second;
  };
  CHECK(differs(x, "k2"));
  auto y = x;
  y.kind = gateway::principal::nature::user;
  CHECK(differs(y, "k"));
  y = x;
  y.home = "acme";
  CHECK(differs(y, "k"));
  y = x;
  y.id = "localk";
  CHECK(differs(y, ""));
  y = x;
  y.made_at = timestamp{std::chrono::seconds{1}};
  CHECK(differs(y, "k"));
  y.made_at = timestamp{std::chrono::seconds{2}};
  CHECK(differs(y, "k"));
}

TEST_CASE("the document says where a key is of use") {
  api_under_test it;
  auto document = it.get("/openapi.json");
  size_t with = 0;
  for (auto& x : gateway::make_routes(it.context)) {
    INFO(x.method << " " << x.pattern);
    auto rule = gateway::key_rule_of(x.method, x.who, x.what).what;
    auto method = x.method;
    std::transform(method.begin(), method.end(), method.begin(), ::tolower);
    auto said = document["paths"][x.pattern][method].dump();
    CHECK(has(said, "Idempotency-Key") == (rule == key_rule::use::once));
    auto keyless = x.pattern == "/api/v1/stop" || has(x.pattern, "password")
                || x.pattern.starts_with("/api/v1/sessions")
                || x.pattern == "/api/v1/decisions/replay"
                || x.pattern.starts_with("/v1/")
                || (x.method == "PUT" && has(x.pattern, "/secrets/"));
    CHECK((rule == key_rule::use::none) == (x.method == "GET" || keyless));
    // What is told bit by bit.
    auto streams = x.pattern.starts_with("/api/v1/store/")
                || x.pattern == "/api/v1/audit/verify";
    CHECK((rule == key_rule::use::refused) == streams);
    with += rule == key_rule::use::once ? 1 : 0;
  }
  CHECK(with > 30);
}
