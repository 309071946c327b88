#include "gateway/identity/outsider.hpp"

#include "actors/tenants/check.hpp"
#include "gateway/identity/issuer_keys.hpp"

#include <catch2/catch.hpp>

using namespace machine;
using namespace machine::gateway;
using tenants::role;

namespace {

tenants::token_issuer example() {
  tenants::token_issuer x;
  x.id = "okta";
  x.issuer = "https://issuer.example";
  x.audience = "machine";
  x.algorithms = {"ES256"};
  x.role_claim = "groups";
  x.roles = {{"eng", role::developer}, {"boss", role::admin}};
  return x;
}

security::jwt_claims claiming(std::string json) {
  security::jwt_claims x;
  x.subject = "ada";
  x.all.text = std::move(json);
  return x;
}

std::optional<role> role_by(const std::string& claim, std::string json) {
  auto x = example();
  x.role_claim = claim;
  return role_of(x, claiming(std::move(json)));
}

} // namespace

TEST_CASE("claims give the highest of the roles that they name") {
  CHECK(role_by("groups", R"({"groups":["x","eng"]})") == role::developer);
  CHECK(role_by("groups", R"({"groups":["boss","eng"]})") == role::admin);
  CHECK(role_by("groups", R"({"groups":"eng"})") == role::developer);
  for (auto* none :
       {R"({})", R"({"groups":[]})", R"({"groups":["Eng","eng "]})",
        R"({"groups":{"eng":true}})", R"({"groups":[["eng"]]})",
        R"({"groups":null})", R"({"groups":1})", R"({"group":"eng"})", ""})
    CHECK(!role_by("groups", none));
}

TEST_CASE("a claim is found within others, and its whole name counts first") {
  CHECK(role_by("realm.roles", R"({"realm":{"roles":["eng"]}})")
        == role::developer);
  CHECK(role_by("a.b.c", R"({"a":{"b":{"c":"eng"}}})") == role::developer);
  CHECK(role_by("a.b.c", R"({"a":{"b.c":"eng"}})") == role::developer);
  CHECK(role_by("https://x.y/roles", R"({"https://x.y/roles":"eng"})")
        == role::developer);
  CHECK(
    !role_by("realm.roles", R"({"realm":{"roles":["eng"]},"realm.roles":[]})"));
  CHECK(!role_by("realm.roles", R"({"realm":["roles"]})"));
  CHECK(!role_by("realm.", R"({"realm":{"roles":"eng"}})"));
}

TEST_CASE("who is given no role has the usual one, or does not come in") {
  auto x = example();
  auto nobody = outsider_of("acme", x, claiming("{}"));
  REQUIRE(!nobody);
  CHECK(code_of(nobody.error()) == ec::denied);
  x.default_role = role::viewer;
  auto someone = outsider_of("acme", x, claiming("{}"));
  REQUIRE(someone);
  CHECK((*someone)->everywhere == role::viewer);
  CHECK((*someone)->kind == principal::nature::outsider);
  CHECK((*someone)->tenant == "acme");
  CHECK((*someone)->home == "acme");
  CHECK(!(*someone)->may_to_machine(role::viewer));
  CHECK((*outsider_of("acme", x, claiming(R"({"groups":"boss"})")))->everywhere
        == role::admin);
}

TEST_CASE("an outsider has an id that nobody of a tenant can have") {
  CHECK(outsider_id("okta", "ada") == "okta:ada");
  CHECK(outsider_id("okta", "ada@example.com") == "okta:ada@example.com");
  auto odd = outsider_id("okta", "a:b c");
  CHECK(odd.starts_with("okta:~"));
  CHECK(odd.size() == 6 + 32);
  CHECK(odd != outsider_id("okta", "a:b  c"));
  for (auto& id :
       {outsider_id("okta", "ada"), odd, outsider_id("okta", "okta:ada"),
        outsider_id("okta", std::string(256, 'x')), outsider_id("o", "~x")}) {
    INFO(id);
    CHECK(tenants::check_id("principal", id));
    CHECK(!tenants::check_author(id));
  }
  for (auto* bad : {"", ":", "okta:", ":ada", "a:b:c", "okta:~", "okta:a b"})
    CHECK(tenants::check_author(bad));
}

TEST_CASE("the policy of an issuer is what it says, and nothing else") {
  auto x = policy_of(example());
  CHECK(x.issuer == "https://issuer.example");
  CHECK(x.audience == "machine");
  CHECK(x.algorithms == std::set{security::jwt_algorithm::es256});
  CHECK(!security::check(x));
}

TEST_CASE("keys have two dots less than tokens of issuers") {
  CHECK(looks_like_jwt("a.b.c"));
  for (auto* x : {"", "tm_acme_000000000000_x", "a.b", "a.b.c.d"})
    CHECK(!looks_like_jwt(x));
}

TEST_CASE("the age of keys is what Cache-Control says") {
  using std::chrono::seconds;
  CHECK(max_age_of("max-age=60") == seconds{60});
  CHECK(max_age_of("public, max-age=3600, must-revalidate") == seconds{3'600});
  CHECK(max_age_of("max-age=60, no-store") == seconds{0});
  CHECK(max_age_of("no-cache") == seconds{0});
  for (auto* none : {"", "public", "max-age=", "max-age=-1", "max-age=1x",
                     "max-age=99999999999999", "s-maxage=60"})
    CHECK(!max_age_of(none));
}
