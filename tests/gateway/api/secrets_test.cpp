#include "tests/gateway/api/people.hpp"
#include "tests/support/text.hpp"

#include <thread>

using namespace machine;
using tenants::role;
using test::has;
using test::json;
using test::people_under_test;

namespace {

const std::string value = "canary-of-a-secret-5b2e";

std::string setting(const std::string& x) {
  return json{{"value", x}}.dump();
}

} // namespace

TEST_CASE("a secret is set, listed without its value, and removed") {
  people_under_test it;
  auto first = it.expect(200, "PUT", "/secrets/KEY", setting(value));
  CHECK(first["name"] == "KEY");
  CHECK(first["version"] == 1);
  CHECK(first["created_at"] == first["updated_at"]);
  auto second = it.expect(200, "PUT", "/secrets/KEY", setting(value));
  CHECK(second["version"] == 2);
  CHECK(second["fingerprint"] == first["fingerprint"]);
  CHECK(second["created_at"] == first["created_at"]);
  auto third = it.expect(200, "PUT", "/secrets/KEY", setting("another"));
  CHECK(third["fingerprint"] != first["fingerprint"]);
  it.expect(200, "PUT", "/secrets/a.b-c", setting("x"));
  auto list = it.get("/secrets");
  REQUIRE(list["items"].size() == 2);
  for (auto& x : list["items"])
    CHECK(!x.contains("value"));
  CHECK(!has(list.dump(), value));
  CHECK((*it.context->vault->find("default", "KEY"))->text == "another");
  it.expect(200, "DELETE", "/secrets/KEY");
  CHECK(has(it.problem(404, "DELETE", "/secrets/KEY"), "KEY"));
  CHECK(it.get("/secrets")["items"].size() == 1);
  CHECK(!it.context->vault->find("default", "KEY"));
  CHECK(it.expect(200, "PUT", "/secrets/KEY", setting("new"))["version"] == 1);
}

TEST_CASE("a secret is of one tenant, and of its administrators") {
  people_under_test it;
  it.make_tenant("acme");
  it.make_tenant("umbrella");
  auto boss = it.make("acme", "boss", role::admin);
  auto other = it.make("umbrella", "boss", role::admin);
  auto worker = it.make("acme", "worker", role::operator_role);
  const std::string at = "/api/v1/secrets/KEY";
  CHECK(it.ask_as(&worker, "PUT", at, setting(value)).status == 403);
  CHECK(it.ask_as(&boss, "PUT", at, setting(value)).status == 200);
  CHECK(it.ask_as(&worker, "GET", "/api/v1/secrets").status == 403);
  CHECK(it.ask_as(&other, "DELETE", at).status == 404);
  auto seen = it.ask_as(&other, "GET", "/api/v1/secrets");
  CHECK(json::parse(seen.body)["items"].empty());
  CHECK(!it.context->vault->find("umbrella", "KEY"));
  CHECK((*it.context->vault->find("acme", "KEY"))->text == value);
  CHECK(it.ask_as(&boss, "POST", "/api/v1/vault/rotate", "{}").status == 403);
}

TEST_CASE("no answer and no record has a value, also of what is refused") {
  people_under_test it;
  std::string all;
  auto refuse = [&](const std::string& path, const std::string& body) {
    auto answer =
      it.server.ask(it.server.request("PUT", "/api/v1" + path, "", body));
    CHECK(answer.status >= 400);
    all += answer.body;
  };
  refuse("/secrets/a%20b", setting(value));
  refuse("/secrets/.a", setting(value));
  refuse("/secrets/a", setting(""));
  refuse("/secrets/a", json{{"value", {value}}}.dump());
  refuse("/secrets/a", json{{"value", {{"x", value}}}}.dump());
  refuse("/secrets/a", "\"" + value + "\"");
  refuse("/secrets/a", "{\"value\":\"" + value);
  refuse("/secrets/a", "{\"value\":" + value + "}");
  refuse("/secrets/a", json{{"value", "x"}, {"more", value}}.dump());
  refuse("/secrets/a", setting(value + std::string(64 << 10, 'x')));
  it.expect(200, "PUT", "/secrets/a", setting(value),
            "Idempotency-Key: once\r\n");
  it.expect(200, "PUT", "/secrets/b",
            setting(value + std::string((64 << 10) - value.size(), 'x')));
  all += it.get("/secrets").dump();
  auto records = it.get("/audit")["items"].dump();
  CHECK(has(records, "secrets"));
  all += records;
  CHECK(!has(all, value));
}

TEST_CASE("whoever is told of a change has heard of it before the answer") {
  std::vector<std::string> told;
  test::unusual how;
  how.context = [&](gateway::api_context& x) {
    x.secret_changed = [&](auto& tenant) { told.push_back(tenant); };
  };
  people_under_test it{test::no_rules, people_under_test::cheap(), how};
  it.expect(200, "PUT", "/secrets/a", setting("x"));
  CHECK(told == std::vector<std::string>{"default"});
  it.expect(200, "DELETE", "/secrets/a");
  CHECK(told.size() == 2);
}

TEST_CASE("secrets that are set while the master key changes are not lost") {
  people_under_test it;
  auto before = it.context->vault->key_id();
  std::vector<std::thread> all;
  for (auto who = 0; who < 4; ++who)
    all.emplace_back([&, who] {
      for (auto i = 0; i < 10; ++i) {
        auto name = std::to_string(who) + "." + std::to_string(i);
        auto answer = it.server.ask(it.server.request(
          "PUT", "/api/v1/secrets/" + name, "", setting(name)));
        if (answer.status != 200)
          std::abort();
      }
    });
  for (auto i = 0; i < 3; ++i) {
    auto report = it.expect(200, "POST", "/vault/rotate", "{}");
    CHECK(report["forgotten"] == 1);
  }
  for (auto& x : all)
    x.join();
  CHECK(it.context->vault->key_id() != before);
  CHECK(!it.context->vault->has_old_keys());
  for (auto who = 0; who < 4; ++who)
    for (auto i = 0; i < 10; ++i) {
      auto name = std::to_string(who) + "." + std::to_string(i);
      auto found = it.context->vault->find("default", name);
      REQUIRE(found);
      CHECK((*found)->text == name);
    }
}

TEST_CASE("two who set the same secret at once are both answered") {
  people_under_test it;
  std::vector<std::thread> all;
  std::atomic<int> done{0};
  for (auto who = 0; who < 4; ++who)
    all.emplace_back([&] {
      auto answer = it.server.ask(
        it.server.request("PUT", "/api/v1/secrets/a", "", setting("x")));
      if (answer.status == 200)
        ++done;
    });
  for (auto& x : all)
    x.join();
  CHECK(done == 4);
  CHECK(it.get("/secrets")["items"][0]["version"] == 4);
}
