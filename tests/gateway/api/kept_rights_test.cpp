#include "tests/gateway/api/people.hpp"

using namespace machine;
using test::json;
using test::people_under_test;
using test::quick;

namespace {

constexpr const char* once = "Idempotency-Key: one\r\n";

} // namespace

TEST_CASE("a key of less gets no answer again that one of more has had") {
  people_under_test it;
  it.make_tenant("acme");
  auto ann = it.make("acme", "ann", tenants::role::developer);
  auto narrow = ann;
  narrow.secret =
    it.expect(201, "POST", "/keys", R"({"principal":"ann","project":"board"})",
              "X-Tenant: acme\r\n")["secret"];
  auto run = json{{"title", "a"}, {"workflow", quick}}.dump();
  auto start = [&](const test::person& who) {
    return it.ask_as(&who, "POST", "/api/v1/runs", run, once);
  };
  auto first = start(ann);
  REQUIRE(first.status == 201);
  auto refused = start(narrow);
  CHECK(refused.status == 422);
  auto id = json::parse(first.body)["id"].get<std::string>();
  CHECK(refused.body.find(id) == std::string::npos);
  CHECK(start(ann).body == first.body);
}

TEST_CASE("who has the name of somebody before gets none of their answers") {
  people_under_test it;
  it.make_tenant("acme");
  auto acme = "X-Tenant: acme\r\n";
  auto ann = it.make("acme", "ann", tenants::role::developer);
  auto task = json{{"title", "mine"}}.dump();
  it.expect(201, "POST", "/projects/default/tasks", task, acme);
  auto make = [&](const test::person& who) {
    return it.ask_as(&who, "POST", "/api/v1/projects/default/tasks", task,
                     once);
  };
  auto first = make(ann);
  REQUIRE(first.status == 201);
  it.expect(200, "DELETE", "/principals/ann", "", acme);
  auto next = it.make("acme", "ann", tenants::role::developer);
  auto second = make(next);
  CHECK(second.status == 201);
  CHECK(json::parse(second.body)["id"] != json::parse(first.body)["id"]);
}
