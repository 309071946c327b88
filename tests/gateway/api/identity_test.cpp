#include "actors/tenants/check.hpp"
#include "gateway/identity/recogniser.hpp"
#include "runtime/clock.hpp"
#include "runtime/wire/wire.hpp"
#include "tests/gateway/api/people.hpp"

using namespace machine;
using tenants::role;
using test::json;
using test::people_under_test;
using test::person;
using test::quick;

TEST_CASE("a key opens the tenant to its principal, until it is revoked") {
  people_under_test it;
  it.make_tenant("acme");
  auto ann = it.make("acme", "ann", role::developer);
  auto me = json::parse(it.ask_as(&ann, "GET", "/api/v1/me").body);
  CHECK(me["tenant"] == "acme");
  CHECK(me["id"] == "ann");
  CHECK(me["role"] == "developer");
  auto key = me["key"].get<std::string>();
  CHECK(ann.secret.find(key) != std::string::npos);
  auto listed = it.ask_as(&ann, "GET", "/api/v1/keys");
  CHECK(listed.status == 200);
  CHECK(listed.body.find(key) != std::string::npos);
  CHECK(listed.body.find("secret") == std::string::npos);
  CHECK(listed.body.find("hash") == std::string::npos);
  CHECK(it.ask_as(&ann, "DELETE", "/api/v1/keys/" + key).status == 200);
  auto after = it.ask_as(&ann, "GET", "/api/v1/me");
  CHECK(after.status == 401);
  CHECK(after.is_problem());
}

TEST_CASE("whatever is wrong with a key, the answer is the same") {
  people_under_test it;
  it.make_tenant("acme");
  auto ann = it.make("acme", "ann", role::admin);
  auto bob = it.make("acme", "bob", role::viewer);
  it.expect(200, "POST", "/principals/bob/disable", "", "X-Tenant: acme\r\n");
  auto bad = ann;
  bad.secret.back() = bad.secret.back() == 'A' ? 'E' : 'A';
  auto session = ann;
  session.secret = "tms_" + session.secret.substr(3);
  auto elsewhere = ann;
  elsewhere.secret.replace(3, 4, "nope");
  person none{"x", "acme", {}, {}, "nonsense"};
  auto said = it.ask_as(&none, "GET", "/api/v1/me");
  CHECK(said.status == 401);
  for (auto* who : {&bad, &session, &elsewhere, &bob}) {
    auto answer = it.ask_as(who, "GET", "/api/v1/me");
    CHECK(answer.status == 401);
    CHECK(answer.body == said.body);
  }
  it.expect(200, "POST", "/tenants/acme/suspend");
  CHECK(it.ask_as(&ann, "GET", "/api/v1/me").body == said.body);
  it.expect(200, "POST", "/tenants/acme/resume");
  CHECK(it.ask_as(&ann, "GET", "/api/v1/me").status == 200);
}

TEST_CASE("a key that is rotated gives way to the new one") {
  people_under_test it;
  it.make_tenant("acme");
  auto ann = it.make("acme", "ann", role::viewer);
  auto id = json::parse(it.ask_as(&ann, "GET", "/api/v1/me").body)["key"]
              .get<std::string>();
  auto made = it.ask_as(&ann, "POST", "/api/v1/keys/" + id + "/rotate");
  CHECK(made.status == 201);
  auto next = ann;
  next.secret = json::parse(made.body)["secret"];
  CHECK(it.ask_as(&next, "GET", "/api/v1/me").status == 200);
  CHECK(it.ask_as(&ann, "GET", "/api/v1/me").status == 401);
}

TEST_CASE("nobody touches the keys of others but an administrator") {
  people_under_test it;
  it.make_tenant("acme");
  auto ann = it.make("acme", "ann", role::operator_role);
  auto bob = it.make("acme", "bob", role::admin);
  auto id = json::parse(it.ask_as(&bob, "GET", "/api/v1/me").body)["key"]
              .get<std::string>();
  CHECK(it.ask_as(&ann, "DELETE", "/api/v1/keys/" + id).status == 404);
  CHECK(it.ask_as(&ann, "POST", "/api/v1/keys/" + id + "/rotate").status
        == 404);
  CHECK(it.ask_as(&ann, "GET", "/api/v1/keys").body.find(id)
        == std::string::npos);
  CHECK(it.ask_as(&ann, "POST", "/api/v1/keys", "{}").status == 403);
  CHECK(it.ask_as(&bob, "GET", "/api/v1/me").status == 200);
}

TEST_CASE("a role in a project counts there and nowhere else") {
  people_under_test it;
  it.make_tenant("acme");
  auto in = "X-Tenant: acme\r\n";
  for (auto* id : {"board", "shop"})
    it.expect(201, "POST", "/projects", json{{"id", id}}.dump(), in);
  auto ann = it.make("acme", "ann", {}, {{"board", role::developer}});
  auto start = [&](const std::string& project) {
    return it.ask_as(
      &ann, "POST", "/api/v1/runs",
      json{{"title", "x"}, {"workflow", quick}, {"project", project}}.dump());
  };
  CHECK(start("shop").status == 403);
  CHECK(start("default").status == 403);
  auto mine = start("board");
  CHECK(mine.status == 201);
  auto id = json::parse(mine.body)["id"].get<std::string>();
  auto other =
    it.expect(
        201, "POST", "/runs",
        json{{"title", "y"}, {"workflow", quick}, {"project", "shop"}}.dump(),
        in)["id"]
      .get<std::string>();
  CHECK(it.ask_as(&ann, "GET", "/api/v1/runs/" + id).status == 200);
  CHECK(it.ask_as(&ann, "GET", "/api/v1/runs/" + other).status == 403);
  auto runs = it.ask_as(&ann, "GET", "/api/v1/runs").body;
  CHECK(runs.find(id) != std::string::npos);
  CHECK(runs.find(other) == std::string::npos);
  auto projects = it.ask_as(&ann, "GET", "/api/v1/projects").body;
  CHECK(projects.find("board") != std::string::npos);
  CHECK(projects.find("shop") == std::string::npos);
}

TEST_CASE("roles are given and taken away, but not the last administrator's") {
  people_under_test it;
  it.make_tenant("acme");
  auto in = "X-Tenant: acme\r\n";
  auto ann = it.make("acme", "ann", role::admin);
  CHECK(it.problem(409, "PATCH", "/principals/ann", R"({"role":"viewer"})", in)
          .find("admin")
        != std::string::npos);
  auto bob = it.make("acme", "bob", role::viewer);
  auto changed =
    it.expect(200, "PATCH", "/principals/bob",
              R"({"role":null,"projects":{"board":"operator"}})", in);
  CHECK(!changed.contains("role"));
  CHECK(changed["projects"] == json{{"board", "operator"}});
  changed = it.expect(200, "PATCH", "/principals/bob",
                      R"({"projects":{"board":null}})", in);
  CHECK(changed["projects"].empty());
  CHECK(it.ask_as(&bob, "GET", "/api/v1/runs").status == 403);
  it.problem(400, "PATCH", "/principals/bob",
             R"({"projects":{"board":"king"}})", in);
  it.problem(400, "PATCH", "/principals/bob", R"({"rolle":"viewer"})", in);
}

TEST_CASE("a key cannot act in another tenant than its own") {
  people_under_test it;
  it.make_tenant("acme");
  it.make_tenant("umbrella");
  auto ann = it.make("acme", "ann", role::admin);
  CHECK(it.ask_as(&ann, "GET", "/api/v1/me", "", "X-Tenant: acme\r\n").status
        == 200);
  for (auto* other : {"umbrella", "default", "system", "nope", "../acme"})
    CHECK(it.ask_as(&ann, "GET", "/api/v1/me", "",
                    "X-Tenant: " + std::string{other} + "\r\n")
            .status
          == 403);
}

TEST_CASE("that a key was used is known, and written once") {
  people_under_test it;
  it.make_tenant("acme");
  auto ann = it.make("acme", "ann", role::admin);
  auto last_seq = [&] {
    auto result = it.machine.node().engine().last_seq(
      {"tenant", tenants::system_tenant, "acme"});
    REQUIRE(result);
    return *result;
  };
  auto before = last_seq();
  json key;
  for (int i = 0; i < 5'000 && !key.contains("last_used_at"); ++i)
    key = json::parse(it.ask_as(&ann, "GET", "/api/v1/keys").body)["items"][0];
  CHECK(key.contains("last_used_at"));
  for (int i = 0; i < 50; ++i)
    CHECK(it.ask_as(&ann, "GET", "/api/v1/me").status == 200);
  CHECK(last_seq() == before + 1);
}

TEST_CASE("the use of a key is told of once an hour, until it is known") {
  people_under_test it;
  it.make_tenant("acme");
  auto ann = it.make("acme", "ann", role::viewer);
  json key;
  for (int i = 0; i < 5'000 && !key.contains("last_used_at"); ++i)
    key = json::parse(it.ask_as(&ann, "GET", "/api/v1/keys").body)["items"][0];
  REQUIRE(key.contains("last_used_at"));
  int told = 0;
  auto keys = std::make_shared<gateway::recogniser>(
    it.context->keys, nullptr, [&](const std::string& tenant, auto& id) {
      CHECK(tenant == "acme");
      CHECK(id == key["id"]);
      ++told;
    });
  auto used = wall_clock();
  auto use_after = [&](duration time) {
    keys->recognise(ann.secret, "", used + time,
                    [](auto who) { CHECK(who.engaged()); });
    return told;
  };
  CHECK(use_after(std::chrono::minutes{50}) == 0);
  CHECK(use_after(std::chrono::minutes{61}) == 1);
  CHECK(use_after(std::chrono::minutes{61} + std::chrono::seconds{30}) == 1);
  // Nobody has written it down.
  CHECK(use_after(std::chrono::minutes{63}) == 2);
}

TEST_CASE("a key that was recognised is looked at again each time") {
  people_under_test it;
  it.make_tenant("acme");
  auto in = "X-Tenant: acme\r\n";
  it.make("acme", "ann", role::developer);
  auto now = wall_clock();
  json wanted{
    {"principal", "ann"},
    {"expires_at", json::parse(wire::to_json(now + std::chrono::hours{1}))}};
  auto made = it.expect(201, "POST", "/keys", wanted.dump(), in);
  auto token = made["secret"].get<std::string>();
  gateway::key_ring keys{it.machine.node().options().engine};
  auto role_at = [&](duration later) -> std::optional<role> {
    auto holder = keys.recognise(token, now + later);
    return holder ? holder->who->everywhere : std::nullopt;
  };
  for (int i = 0; i < 3; ++i)
    CHECK(role_at({}) == role::developer);
  auto ann = keys.recognise(token, now)->who;
  auto again = [&](duration later) -> std::optional<role> {
    auto who = keys.look_again(ann, now + later);
    return who ? (*who)->everywhere : std::nullopt;
  };
  CHECK(again({}) == role::developer);
  CHECK(!again(std::chrono::hours{1}));
  CHECK(!keys.recognise(token + "A", now));
  CHECK(!role_at(std::chrono::hours{1}));
  CHECK(role_at(std::chrono::minutes{59}) == role::developer);
  it.expect(200, "PATCH", "/principals/ann", R"({"role":"viewer"})", in);
  CHECK(role_at({}) == role::viewer);
  CHECK(again({}) == role::viewer);
  it.expect(200, "POST", "/tenants/acme/suspend");
  CHECK(!role_at({}));
  CHECK(!again({}));
  it.expect(200, "POST", "/tenants/acme/resume");
  CHECK(role_at({}) == role::viewer);
  it.expect(200, "DELETE", "/keys/" + made["id"].get<std::string>(), "", in);
  CHECK(!role_at({}));
}

TEST_CASE("a limited key is no way to the wider keys of its principal") {
  people_under_test it;
  it.make_tenant("acme");
  auto in = "X-Tenant: acme\r\n";
  auto ann = it.make("acme", "ann", role::developer);
  auto id_of = [&](const person& who) {
    return json::parse(it.ask_as(&who, "GET", "/api/v1/me").body)["key"]
      .get<std::string>();
  };
  auto full = id_of(ann);
  auto with = [&](json limits) {
    limits["principal"] = "ann";
    auto limited = ann;
    limited.secret =
      it.expect(201, "POST", "/keys", limits.dump(), in)["secret"];
    return limited;
  };
  auto end = json::parse(wire::to_json(wall_clock() + std::chrono::hours{1}));
  for (auto& limits : {json{{"role", "viewer"}}, json{{"project", "board"}},
                       json{{"expires_at", end}}}) {
    INFO(limits.dump());
    auto mine = with(limits);
    auto path = "/api/v1/keys/" + full;
    CHECK(it.ask_as(&mine, "POST", path + "/rotate").status == 403);
    CHECK(it.ask_as(&mine, "DELETE", path).status == 403);
    auto made =
      it.ask_as(&mine, "POST", "/api/v1/keys/" + id_of(mine) + "/rotate");
    REQUIRE(made.status == 201);
    auto now = json::parse(made.body);
    for (auto& [name, value] : limits.items())
      CHECK(now[name == "role" ? "role_cap" : name] == value);
    mine.secret = now["secret"];
    CHECK(it.ask_as(&mine, "DELETE", "/api/v1/keys/" + id_of(mine)).status
          == 200);
  }
  CHECK(it.ask_as(&ann, "GET", "/api/v1/me").status == 200);
  // Who has no limits may.
  auto other = with(json::object());
  CHECK(it.ask_as(&other, "DELETE", "/api/v1/keys/" + full).status == 200);
  CHECK(it.ask_as(&ann, "GET", "/api/v1/me").status == 401);
}
