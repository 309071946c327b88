#include "tests/gateway/api/people.hpp"
#include "tests/support/picky_engine.hpp"

#include <set>

using namespace machine;
using tenants::role;
using test::json;
using test::people_under_test;
using test::person;

namespace {

const std::string acme = "X-Tenant: acme\r\n";

json records(const people_under_test& it, const std::string& headers,
             const std::string& query = "") {
  return it.expect(200, "GET", "/audit" + query, "", headers)["items"];
}

/// A store that refuses appends of audit records when it is told to.
struct unwilling_store {
  std::shared_ptr<test::picky_engine> engine;

  test::unusual how() {
    test::unusual result;
    result.store = [this](std::shared_ptr<store::engine> real) {
      engine = std::make_shared<test::picky_engine>(std::move(real));
      return engine;
    };
    return result;
  }

  static bool is_audit(const store::batch& what) {
    return !what.streams.empty() && what.streams[0].stream.kind == "audit";
  }

  void refuse_audits() {
    engine->refuse([](const store::batch& what) {
      return is_audit(what)
             ? make_error(ec::storage_full, "there is no room left")
             : caf::error{};
    });
  }
};

/// Sums up what was refused at once.
test::unusual impatient() {
  test::unusual result;
  result.context = [](gateway::api_context& x) {
    x.audit = std::make_shared<gateway::auditor>(
      gateway::audit_options{{}, duration{1}});
  };
  return result;
}

/// The sum of what stands in the log of refusals, once it is *wanted*.
uint64_t wait_for_refusals(const people_under_test& it,
                           const std::string& headers, uint64_t wanted) {
  auto end = std::chrono::steady_clock::now() + std::chrono::seconds{20};
  for (;;) {
    uint64_t sum = 0;
    for (auto& x : records(it, headers, "?limit=1000"))
      if (x["phase"] == "refused")
        sum +=
          x.contains("times") ? std::stoull(x["times"].get<std::string>()) : 1;
    if (sum >= wanted || std::chrono::steady_clock::now() > end)
      return sum;
  }
}

/// The result of a verification.
json verify(const people_under_test& it, const std::string& headers,
            const std::string& known = "") {
  auto body = known.empty() ? "" : json{{"known", known}}.dump();
  auto client = it.server.connect();
  REQUIRE(client.send(
    it.server.request("POST", "/api/v1/audit/verify", headers, body)));
  REQUIRE(client.read().status == 200);
  auto event = client.next_event();
  REQUIRE(event);
  INFO(event->data);
  REQUIRE(event->name == "result");
  return json::parse(event->data);
}

/// Somebody of acme asks *times* times for what they must not have.
void have_refused(people_under_test& it, int times) {
  it.make_tenant("acme");
  auto ann = it.make("acme", "ann", role::viewer);
  for (int i = 0; i < times; ++i)
    CHECK(it.ask_as(&ann, "POST", "/api/v1/keys", "{}").status == 403);
}

} // namespace

TEST_CASE("a privileged act is written down before and after") {
  people_under_test it;
  it.make_tenant("acme");
  auto ann = it.make("acme", "ann", role::admin);
  auto made = it.ask_as(&ann, "POST", "/api/v1/principals",
                        R"({"id":"bob","name":"swordfish"})",
                        "X-Request-Id: r17\r\nUser-Agent: tests/1\r\n");
  REQUIRE(made.status == 201);
  auto all = records(it, acme, "?who=ann");
  REQUIRE(all.size() == 2);
  auto& done = all[0];
  auto& intended = all[1];
  for (auto& x : all) {
    CHECK(x["who"] == "ann");
    CHECK(x["kind"] == "user");
    CHECK(x["tenant"] == "acme");
    CHECK(ann.secret.find(x["key_id"].get<std::string>()) != std::string::npos);
    CHECK(x["address"] == "127.0.0.1");
    CHECK(x["request_id"] == "r17");
    CHECK(x["user_agent"] == "tests/1");
    CHECK(x["action"] == "POST /api/v1/principals");
  }
  CHECK(intended["phase"] == "intended");
  CHECK(intended["status"] == 0);
  CHECK(done["phase"] == "done");
  CHECK(done["status"] == 201);
  CHECK(done["intent"] == intended["seq"]);
  CHECK(all.dump().find("swordfish") == std::string::npos);
  CHECK(all.dump().find(ann.secret) == std::string::npos);
}

TEST_CASE("whoever signs in is written down, and whoever fails to, too") {
  people_under_test it;
  it.make_tenant("acme");
  it.make("acme", "ann", role::viewer);
  it.expect(200, "POST", "/principals/ann/password",
            R"({"password":"correct horse battery"})", acme);
  json body{
    {"tenant", "acme"}, {"principal", "ann"}, {"password", "wrong one"}};
  CHECK(it.ask_as(nullptr, "POST", "/api/v1/sessions", body.dump()).status
        == 401);
  body["password"] = "correct horse battery";
  CHECK(it.ask_as(nullptr, "POST", "/api/v1/sessions", body.dump()).status
        == 201);
  auto last = records(it, acme, "?what=sessions").front();
  CHECK(last["who"] == "ann");
  CHECK(last["phase"] == "done");
  CHECK(last["status"] == 201);
  CHECK(wait_for_refusals(it, "", 1) == 1);
  for (auto* headers : {"", acme.c_str()}) {
    auto text = records(it, headers).dump();
    CHECK(text.find("horse") == std::string::npos);
    CHECK(text.find("wrong one") == std::string::npos);
  }
}

TEST_CASE("what an act was about and what went wrong with it are recorded") {
  people_under_test it;
  it.make_tenant("acme");
  it.problem(404, "DELETE", "/principals/nobody", "", acme);
  auto last = records(it, acme).front();
  CHECK(last["action"] == "DELETE /api/v1/principals/{principal}");
  CHECK(last["target"] == "principal=nobody");
  CHECK(last["status"] == 404);
  CHECK(last["problem"] == "not_found");
  CHECK(last["who"] == "local");
  CHECK(last["kind"] == "machine");
}

TEST_CASE("a secret that stands in a path is not written down") {
  people_under_test it;
  it.make_tenant("acme");
  auto ann = it.make("acme", "ann", role::admin);
  it.ask("DELETE", "/keys/" + ann.secret, "", acme);
  auto last = records(it, acme).front();
  CHECK(last["action"] == "DELETE /api/v1/keys/{key}");
  auto text = last.dump();
  CHECK(text.find(ann.secret) == std::string::npos);
  CHECK(text.find("redacted") != std::string::npos);
}

TEST_CASE("nothing is done that cannot be written down first") {
  unwilling_store store;
  people_under_test it{test::no_rules, people_under_test::cheap(), store.how()};
  it.make_tenant("acme");
  store.refuse_audits();
  auto why = it.problem(503, "POST", "/principals", R"({"id":"bob"})", acme);
  CHECK(why.find("audit log") != std::string::npos);
  CHECK(why.find("room") != std::string::npos);
  it.problem(404, "GET", "/principals/bob", "", acme);
  // What is not audited goes on.
  it.expect(201, "POST", "/projects/default/tasks", R"({"title":"x"})", acme);
  CHECK(it.ask("GET", "/me", "", acme).status == 200);
  store.engine->refuse({});
  it.expect(201, "POST", "/principals", R"({"id":"bob"})", acme);
  it.expect(200, "GET", "/principals/bob", "", acme);
}

TEST_CASE("who did something is told so, also if that cannot be written down") {
  unwilling_store store;
  people_under_test it{test::no_rules, people_under_test::cheap(), store.how()};
  it.make_tenant("acme");
  std::atomic<int> seen{0};
  // The intent, and nothing after it.
  store.engine->refuse([&](const store::batch& what) {
    return unwilling_store::is_audit(what) && ++seen > 1
           ? make_error(ec::storage_full, "there is no room left")
           : caf::error{};
  });
  it.expect(201, "POST", "/principals", R"({"id":"bob"})", acme);
  CHECK(seen > 1);
  store.engine->refuse({});
  auto last = records(it, acme).front();
  CHECK(last["action"] == "POST /api/v1/principals");
  CHECK(last["phase"] == "intended");
  CHECK(verify(it, acme)["records"] == last["seq"]);
}

TEST_CASE("who is refused again and again fills no log") {
  people_under_test it{test::no_rules, people_under_test::cheap(), impatient()};
  it.make_tenant("acme");
  auto ann = it.make("acme", "ann", role::viewer);
  constexpr uint64_t times = 50;
  person nobody{"x", "acme", {}, {}, "tm_acme_nonsense"};
  for (uint64_t i = 0; i < times; ++i) {
    CHECK(it.ask_as(&ann, "POST", "/api/v1/keys", "{}").status == 403);
    CHECK(it.ask_as(&nobody, "GET", "/api/v1/me").status == 401);
  }
  CHECK(wait_for_refusals(it, acme, times) == times);
  CHECK(wait_for_refusals(it, "", times) == times);
  for (auto& x : records(it, acme, "?who=ann")) {
    CHECK(x["action"] == "POST /api/v1/keys");
    CHECK(x["status"] == 403);
    CHECK(x["problem"] == "denied");
  }
  for (auto& x : records(it, "", "?what=me")) {
    CHECK(x["status"] == 401);
    CHECK(x["kind"] == "anonymous");
    CHECK(x["who"] == "");
  }
}

TEST_CASE("refusals between two sums are two records, however many they are") {
  people_under_test it;
  have_refused(it, 20);
  CHECK(wait_for_refusals(it, acme, 1) == 1);
}

TEST_CASE("whom an act concerns is on record, and what came of it") {
  people_under_test it;
  it.make_tenant("acme");
  it.make("acme", "ann", role::viewer);
  auto made =
    it.expect(201, "POST", "/keys",
              R"({"principal":"ann","role":"viewer","name":"sesame"})", acme);
  auto all = records(it, acme);
  CHECK(all[0]["phase"] == "done");
  CHECK(all[1]["phase"] == "intended");
  CHECK(all[1]["target"] == "principal=ann role=viewer");
  CHECK(all[0]["target"]
        == "principal=ann role=viewer made=" + made["id"].get<std::string>());
  auto key = made["id"].get<std::string>();
  auto next = it.expect(201, "POST", "/keys/" + key + "/rotate", "", acme);
  CHECK(records(it, acme)[0]["target"]
        == "key=" + key + " made=" + next["id"].get<std::string>());
  it.expect(200, "PATCH", "/principals/ann",
            R"({"role":"developer","projects":{"board":"operator"}})", acme);
  CHECK(records(it, acme)[0]["target"]
        == R"(principal=ann role=developer projects={"board":"operator"})");
  it.problem(400, "POST", "/principals", "no JSON", acme);
  CHECK(records(it, acme)[0]["target"] == "");
}

TEST_CASE("what was counted is written down before the machine ends") {
  people_under_test it;
  have_refused(it, 20);
  it.context->audit->finish(it.context);
  CHECK(wait_for_refusals(it, acme, 20) == 20);
  CHECK(records(it, acme, "?who=ann").size() == 2);
  it.context->audit->finish(it.context);
}

TEST_CASE("a handler that refuses by itself is heard of") {
  people_under_test it;
  it.make_tenant("acme");
  auto ann = it.make("acme", "ann", {}, {{"board", role::developer}});
  json body{{"title", "x"}, {"workflow", test::quick}, {"project", "shop"}};
  CHECK(it.ask_as(&ann, "POST", "/api/v1/runs", body.dump()).status == 403);
  CHECK(wait_for_refusals(it, acme, 1) == 1);
  auto last = records(it, acme, "?who=ann").front();
  CHECK(last["action"] == "POST /api/v1/runs");
  CHECK(last["phase"] == "refused");
}

TEST_CASE("the audit log is for administrators of its tenant") {
  people_under_test it;
  it.make_tenant("acme");
  it.make_tenant("umbrella");
  auto ann = it.make("acme", "ann", role::admin);
  auto bob = it.make("acme", "bob", role::operator_role);
  auto eve = it.make("umbrella", "eve", role::admin);
  for (auto* path : {"/api/v1/audit", "/api/v1/audit/events"}) {
    CHECK(it.ask_as(&bob, "GET", path).status == 403);
    CHECK(it.ask_as(&ann, "GET", path).body.find(R"("who":"ann")")
          == std::string::npos);
    CHECK(it.ask_as(&ann, "GET", path).body.find("principals")
          != std::string::npos);
    CHECK(it.ask_as(&eve, "GET", path).body.find("acme") == std::string::npos);
  }
  CHECK(it.ask_as(&bob, "POST", "/api/v1/audit/verify").status == 403);
}

TEST_CASE("records are found by who, what and when, page by page") {
  people_under_test it;
  it.make_tenant("acme");
  for (auto* name : {"ann", "bob", "cid"})
    it.make("acme", name, role::admin);
  auto all = records(it, acme);
  REQUIRE(all.size() == 12);
  std::string cursor;
  json collected = json::array();
  do {
    auto page =
      it.expect(200, "GET", "/audit?limit=5&cursor=" + cursor, "", acme);
    CHECK(page["items"].size() <= 5);
    for (auto& x : page["items"])
      collected.push_back(x);
    cursor = page["next_cursor"];
  } while (!cursor.empty());
  CHECK(collected == all);
  CHECK(records(it, acme, "?what=/keys").size() == 6);
  CHECK(records(it, acme, "?who=ann").empty());
  auto middle = all[5]["at"].get<std::string>();
  auto since = records(it, acme, "?since=" + middle);
  auto until = records(it, acme, "?until=" + middle);
  CHECK(since.size() + until.size() == 12);
  CHECK(since.size() >= 6);
  it.problem(400, "GET", "/audit?since=yesterday", "", acme);
  it.problem(400, "GET", "/audit?cursor=x", "", acme);
}

TEST_CASE("the audit log is a stream like others") {
  people_under_test it;
  it.make_tenant("acme");
  auto client = it.server.connect();
  REQUIRE(
    client.send(it.server.request("GET", "/api/v1/audit/events?after=0",
                                  acme + "Accept: text/event-stream\r\n")));
  REQUIRE(client.read().status == 200);
  it.make("acme", "ann", role::admin);
  uint64_t number = 0;
  for (auto* phase : {"intended", "done", "intended", "done"}) {
    auto event = client.next_event();
    REQUIRE(event);
    CHECK(event->id == std::to_string(++number));
    auto what = json::parse(event->data);
    CHECK(what["seq"] == event->id);
    CHECK(what["phase"] == phase);
    CHECK(what["hash"].get<std::string>().size() == 64);
  }
}

TEST_CASE("a verification says how far the log is in order") {
  people_under_test it;
  it.make_tenant("acme");
  auto empty = verify(it, acme);
  CHECK(empty["records"] == "0");
  CHECK(!empty.contains("broken"));
  it.make("acme", "ann", role::admin);
  auto first = verify(it, acme);
  CHECK(first["records"] == "4");
  CHECK(!first.contains("broken"));
  it.make("acme", "bob", role::admin);
  auto head = first["head"].get<std::string>();
  auto second = verify(it, acme, head);
  CHECK(second["records"] == "8");
  CHECK(!second.contains("broken"));
  head[head.size() - 1] = head.back() == '0' ? '1' : '0';
  auto wrong = verify(it, acme, head);
  CHECK(wrong["broken"]["why"] == "rewritten");
  CHECK(wrong["broken"]["seq"] == "4");
  it.problem(400, "POST", "/audit/verify", R"({"known":"nonsense"})", acme);
}

TEST_CASE("what is changed and not audited is known by name") {
  people_under_test it;
  std::set<std::string> unaudited;
  for (auto& x : gateway::make_routes(it.context))
    if (x.method != "GET" && !gateway::is_audited(x))
      unaudited.insert(x.method + " " + x.pattern);
  // The logs of runs and projects have these, and the ledger those of models;
  // those that verify change nothing. Verdicts are as many as calls.
  CHECK(unaudited
        == std::set<std::string>{
          "PATCH /api/v1/projects/{id}/tasks/{task}",
          "POST /api/v1/projects/{id}/tasks",
          "POST /api/v1/projects/{id}/tasks/{task}/comments",
          "POST /api/v1/runs",
          "POST /api/v1/runs/{id}/archive",
          "POST /api/v1/runs/{id}/cancel",
          "POST /api/v1/runs/{id}/fork",
          "POST /api/v1/runs/{id}/pause",
          "POST /api/v1/runs/{id}/rerun",
          "POST /api/v1/runs/{id}/resume",
          "POST /api/v1/runs/{id}/retry",
          "POST /api/v1/runs/{id}/signals",
          "POST /api/v1/runs/{id}/unarchive",
          "POST /api/v1/audit/verify",
          "POST /api/v1/decisions/{id}/verdict",
          "POST /api/v1/decisions/replay",
          "POST /api/v1/store/verify",
          "POST /v1/chat/completions",
          "POST /v1/embeddings",
          "POST /v1/messages",
          "POST /v1/messages/count_tokens",
          "POST /v1/responses",
        });
}
