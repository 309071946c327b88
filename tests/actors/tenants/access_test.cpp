#include "tests/actors/tenants/tenant_under_test.hpp"

using namespace machine;
using namespace machine::test;

namespace {

/// The access that the key *number* gives.
access_grant access_of(const tenant_under_test& it, size_t number) {
  auto result = it.open(number);
  REQUIRE(std::holds_alternative<access_grant>(result));
  return std::get<access_grant>(result);
}

} // namespace

TEST_CASE("each role covers itself and those before it") {
  auto names = wire_names(role{});
  for (size_t i = 0; i < names.size(); ++i)
    for (size_t j = 0; j < names.size(); ++j)
      CHECK(covers(names[i].second, names[j].second) == (i >= j));
  CHECK(wire::to_name(role::operator_role) == "operator");
}

TEST_CASE("a key gives the roles of its principal") {
  tenant_under_test it;
  it.make();
  REQUIRE(!it.add("ann", role::developer,
                  {{"web", role::admin}, {"api", role::viewer}}));
  REQUIRE(!it.give(it.key_for("ann", 1)));
  auto x = access_of(it, 1);
  CHECK(x.principal == "ann");
  CHECK(x.tenant_role == role::developer);
  CHECK(role_in(x, "web") == role::admin);
  // A lower one in a project takes nothing away.
  CHECK(role_in(x, "api") == role::developer);
  CHECK(role_in(x, "other") == role::developer);
  REQUIRE(!it.add("bob", std::nullopt, {{"web", role::viewer}}));
  REQUIRE(!it.give(it.key_for("bob", 2)));
  CHECK(role_in(access_of(it, 2), "web") == role::viewer);
  CHECK(!role_in(access_of(it, 2), "other"));
}

TEST_CASE("a key follows the roles of its principal") {
  tenant_under_test it;
  it.make();
  REQUIRE(!it.add("ann", role::viewer));
  REQUIRE(!it.give(it.key_for("ann", 1)));
  REQUIRE(!it.grant("ann", role::operator_role));
  CHECK(access_of(it, 1).tenant_role == role::operator_role);
  REQUIRE(!it.grant("ann", std::nullopt));
  CHECK(!access_of(it, 1).tenant_role);
}

TEST_CASE("a capped key gives no more than its cap, nor than its principal") {
  tenant_under_test it;
  it.make();
  REQUIRE(!it.add("ann", role::operator_role,
                  {{"web", role::admin}, {"api", role::viewer}}));
  auto key = it.key_for("ann", 1);
  key.role_cap = role::developer;
  REQUIRE(!it.give(key));
  auto x = access_of(it, 1);
  CHECK(x.tenant_role == role::developer);
  CHECK(x.projects.at("web") == role::developer);
  CHECK(x.projects.at("api") == role::viewer);
  key = it.key_for("ann", 2);
  key.role_cap = role::admin;
  REQUIRE(!it.give(key));
  CHECK(access_of(it, 2).tenant_role == role::operator_role);
}

TEST_CASE("a key of one project opens that one alone") {
  tenant_under_test it;
  it.make();
  REQUIRE(!it.add("ann", role::developer, {{"web", role::admin}}));
  for (auto& [number, project] :
       std::map<size_t, std::string>{{1, "web"}, {2, "api"}}) {
    auto key = it.key_for("ann", number);
    key.project = project;
    REQUIRE(!it.give(key));
  }
  auto web = access_of(it, 1);
  CHECK(web.project == "web");
  CHECK(!web.tenant_role);
  CHECK(role_in(web, "web") == role::admin);
  CHECK(!role_in(web, "api"));
  auto api = access_of(it, 2);
  CHECK(role_in(api, "api") == role::developer);
  CHECK(!role_in(api, "web"));
}

TEST_CASE("a key of a project in which its principal is nobody opens nothing") {
  tenant_under_test it;
  it.make();
  REQUIRE(!it.add("ann", std::nullopt, {{"web", role::admin}}));
  auto key = it.key_for("ann", 1);
  key.project = "api";
  REQUIRE(!it.give(key));
  auto x = access_of(it, 1);
  CHECK(!role_in(x, "api"));
  CHECK(!role_in(x, "web"));
}

TEST_CASE("why a key opens nothing is told by what ended first") {
  tenant_under_test it;
  CHECK(it.refuses(1, key_refusal::unknown));
  it.make();
  CHECK(it.refuses(1, key_refusal::unknown));
  REQUIRE(!it.give(it.session_for("root", 1)));
  CHECK(it.opens(1));
  it.now += one_day;
  CHECK(it.refuses(1, key_refusal::expired));
  // A state as only a defect could make it is still safe.
  REQUIRE(!it.give(it.key_for("root", 2)));
  auto broken = it.state;
  broken.principals.at("root").disabled = true;
  CHECK(resolve(broken, key_id(2), it.now)
        == resolution{key_refusal::disabled});
  broken.principals.clear();
  CHECK(resolve(broken, key_id(2), it.now) == resolution{key_refusal::unknown});
}
