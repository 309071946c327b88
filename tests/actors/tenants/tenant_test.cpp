#include "tests/actors/tenants/tenant_under_test.hpp"

using namespace machine;
using namespace machine::test;

TEST_CASE("a tenant is created once, and asked nothing before") {
  tenant_under_test it;
  CHECK(it.code_for(suspend_tenant{"root"}) == ec::not_found);
  CHECK(it.code_for(prune_keys{}) == ec::not_found);
  CHECK(code_of(it.add("root", role::admin)) == ec::not_found);
  REQUIRE(!it.give(create_tenant{"Acme", "op@example.org"}));
  CHECK(it.state.name == "Acme");
  CHECK(it.state.created_at == it.now);
  CHECK(it.state.created_by == "op@example.org");
  CHECK(it.code_for(create_tenant{"Acme", "root"}) == ec::conflict);
}

TEST_CASE("a tenant belongs to the machine and has a name that says little") {
  for (auto* name : {"", "A", "1a", "-a", "a_b", "a b", "system", "a.b", "é"}) {
    INFO(name);
    tenant_under_test it;
    it.id.id = name;
    CHECK(it.code_for(create_tenant{"Acme", "root"}) == ec::invalid_argument);
  }
  for (auto* name : {"a", "acme-2", "default", "systems"}) {
    INFO(name);
    CHECK(!check_tenant_name(name));
  }
  CHECK(!check_tenant_name(std::string(max_tenant_name, 'a')));
  CHECK(check_tenant_name(std::string(max_tenant_name + 1, 'a')));
  tenant_under_test other;
  other.id.tenant = "acme";
  CHECK(other.code_for(create_tenant{"Acme", "root"}) == ec::invalid_argument);
}

TEST_CASE("texts for people are one line of UTF-8 within bounds") {
  tenant_under_test it;
  for (auto& name :
       {std::string{}, std::string(max_display_name + 1, 'x'),
        std::string{"a\nb"}, std::string{"\xFF"}, std::string{"a\0b", 3}}) {
    CHECK(it.code_for(create_tenant{name, "root"}) == ec::invalid_argument);
  }
  REQUIRE(!it.give(create_tenant{"Äcme & Söhne 語", "root"}));
}

TEST_CASE("every command says who gives it") {
  tenant_under_test it;
  for (auto& by : {std::string{}, std::string{"a b"}, std::string(65, 'a')})
    CHECK(it.code_for(create_tenant{"Acme", by}) == ec::invalid_argument);
  it.make();
  CHECK(it.code_for(suspend_tenant{""}) == ec::invalid_argument);
}

TEST_CASE("a change of a tenant changes what it names") {
  tenant_under_test it;
  it.make();
  tenant_limits limits{
    .requests_per_second = 10, .burst = 20, .streams = std::nullopt};
  REQUIRE(!it.give(change_tenant{std::nullopt, limits, "root"}));
  CHECK(it.state.name == "Acme");
  CHECK(it.state.limits == limits);
  REQUIRE(!it.give(change_tenant{"Acme 2", std::nullopt, "root"}));
  CHECK(it.state.name == "Acme 2");
  CHECK(it.state.limits == limits);
  REQUIRE(!it.give(change_tenant{"Acme 2", limits, "root"}));
  CHECK(it.events.empty());
  REQUIRE(!it.give(change_tenant{std::nullopt, tenant_limits{}, "root"}));
  CHECK(it.state.limits == tenant_limits{});
}

TEST_CASE("limits of a tenant go from 1 to 1,000,000") {
  tenant_under_test it;
  it.make();
  for (auto member : {&tenant_limits::requests_per_second,
                      &tenant_limits::burst, &tenant_limits::streams}) {
    for (auto value : {0u, max_limit + 1}) {
      tenant_limits limits;
      limits.*member = value;
      CHECK(it.code_for(change_tenant{std::nullopt, limits, "root"})
            == ec::invalid_argument);
    }
    for (auto value : {1u, max_limit}) {
      tenant_limits limits;
      limits.*member = value;
      CHECK(!it.give(change_tenant{std::nullopt, limits, "root"}));
    }
  }
}

TEST_CASE("a tenant that is suspended lets nobody in until it is resumed") {
  tenant_under_test it;
  it.make();
  REQUIRE(!it.give(it.key_for("root", 1)));
  REQUIRE(!it.give(suspend_tenant{"op"}));
  CHECK(it.refuses(1, key_refusal::suspended));
  REQUIRE(!it.give(suspend_tenant{"op"}));
  CHECK(it.events.empty());
  REQUIRE(!it.give(resume_tenant{"op"}));
  CHECK(it.opens(1));
  REQUIRE(!it.give(resume_tenant{"op"}));
  CHECK(it.events.empty());
}

TEST_CASE("the row of a tenant says whether it is suspended") {
  tenant_under_test it;
  it.make();
  CHECK(tenant::summarise(it.state, it.id).fields.at("status") == "active");
  REQUIRE(!it.give(suspend_tenant{"op"}));
  auto row = tenant::summarise(it.state, it.id);
  CHECK(row.fields.at("status") == "suspended");
  auto body = wire::from_msgpack<tenant_summary>(row.body);
  REQUIRE(body);
  CHECK(body->id == "acme");
  CHECK(body->name == "Acme");
  CHECK(body->principals == 1);
}
