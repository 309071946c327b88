#include "tests/actors/tenants/tenant_under_test.hpp"

#include <algorithm>

using namespace machine;
using namespace machine::test;

TEST_CASE("a principal is added once, with an id that names it") {
  tenant_under_test it;
  it.make();
  REQUIRE(!it.add("ann@example.org", role::viewer));
  CHECK(code_of(it.add("ann@example.org")) == ec::conflict);
  for (auto& id : {std::string{}, std::string{"a b"}, std::string{"a/b"},
                   std::string{"ä"}, std::string(max_principal_id + 1, 'a')})
    CHECK(code_of(it.add(id)) == ec::invalid_argument);
  CHECK(!it.add(std::string(max_principal_id, 'a')));
}

TEST_CASE("a change of a principal changes what it names; none takes away") {
  tenant_under_test it;
  it.make();
  REQUIRE(!it.add("ann", role::viewer, {{"web", role::developer}}));
  change_principal what;
  what.id = "ann";
  what.by = "root";
  REQUIRE(!it.give(what));
  CHECK(it.events.empty());
  what.edit.name = "Ann";
  what.edit.projects["api"] = {role::operator_role};
  REQUIRE(!it.give(what));
  auto& ann = it.state.principals.at("ann");
  CHECK(ann.name == "Ann");
  CHECK(ann.tenant_role == role::viewer);
  CHECK(ann.projects.size() == 2);
  what.edit = {};
  what.edit.tenant_role = role_grant{};
  what.edit.projects["web"] = {};
  what.edit.projects["never"] = {};
  REQUIRE(!it.give(what));
  CHECK(!ann.tenant_role);
  CHECK(ann.projects
        == std::map<std::string, role>{{"api", role::operator_role}});
  REQUIRE(!it.give(what));
  CHECK(it.events.empty());
  what.id = "bob";
  CHECK(it.code_for(what) == ec::not_found);
}

TEST_CASE("roles in projects have bounds") {
  tenant_under_test it;
  it.make();
  REQUIRE(!it.add("ann"));
  change_principal what;
  what.id = "ann";
  what.by = "root";
  what.edit.projects["a b"] = {role::viewer};
  CHECK(it.code_for(what) == ec::invalid_argument);
  what.edit.projects.clear();
  for (size_t i = 0; i <= max_project_roles; ++i)
    what.edit.projects["p-" + std::to_string(i)] = {role::viewer};
  CHECK(it.code_for(what) == ec::limit_exceeded);
  what.edit.projects.erase("p-0");
  CHECK(!it.give(what));
}

TEST_CASE("the last enabled admin of a tenant stays") {
  tenant_under_test it;
  it.make();
  REQUIRE(!it.add("ann", role::operator_role));
  auto check_refused = [&](const caf::error& refused) {
    CHECK(code_of(refused) == ec::conflict);
    CHECK(message_of(refused).find("make another one admin first")
          != std::string::npos);
  };
  check_refused(it.grant("root", role::operator_role));
  check_refused(it.grant("root", std::nullopt));
  check_refused(it.give(disable_principal{"root", "root"}));
  check_refused(it.give(remove_principal{"root", "root"}));
  // One that is disabled is none.
  REQUIRE(!it.grant("ann", role::admin));
  REQUIRE(!it.give(disable_principal{"ann", "root"}));
  check_refused(it.give(remove_principal{"root", "root"}));
  REQUIRE(!it.give(enable_principal{"ann", "root"}));
  REQUIRE(!it.give(disable_principal{"root", "ann"}));
  check_refused(it.grant("ann", role::viewer));
  // Who is disabled is not needed.
  REQUIRE(!it.grant("root", role::viewer));
  REQUIRE(!it.give(remove_principal{"root", "ann"}));
}

TEST_CASE("an admin of one project is no admin of the tenant") {
  tenant_under_test it;
  it.make();
  REQUIRE(!it.add("ann", std::nullopt, {{"web", role::admin}}));
  CHECK(it.code_for(remove_principal{"root", "root"}) == ec::conflict);
}

TEST_CASE("a tenant that never had an admin needs none") {
  tenant_under_test it;
  REQUIRE(!it.give(create_tenant{"Acme", "op"}));
  REQUIRE(!it.add("ann", role::viewer));
  REQUIRE(!it.give(disable_principal{"ann", "op"}));
  REQUIRE(!it.give(remove_principal{"ann", "op"}));
}

TEST_CASE("who is disabled loses all keys at once and for good") {
  tenant_under_test it;
  it.make();
  REQUIRE(!it.add("ann"));
  REQUIRE(!it.give(it.key_for("ann", 1)));
  REQUIRE(!it.give(it.session_for("ann", 2)));
  REQUIRE(!it.give(it.key_for("root", 3)));
  REQUIRE(!it.give(disable_principal{"ann", "root"}));
  REQUIRE(it.events.size() == 2);
  auto& revoked = std::get<keys_revoked>(it.events[1]);
  CHECK(revoked.ids == std::vector{key_id(1), key_id(2)});
  CHECK(revoked.cause == revoke_cause::principal_disabled);
  CHECK(it.refuses(1, key_refusal::revoked));
  CHECK(it.refuses(2, key_refusal::revoked));
  CHECK(it.opens(3));
  CHECK(it.code_for(it.key_for("ann", 4)) == ec::conflict);
  CHECK(it.code_for(it.session_for("ann", 4)) == ec::conflict);
  REQUIRE(!it.give(disable_principal{"ann", "root"}));
  CHECK(it.events.empty());
  REQUIRE(!it.give(enable_principal{"ann", "root"}));
  CHECK(it.refuses(1, key_refusal::revoked));
  REQUIRE(!it.give(enable_principal{"ann", "root"}));
  CHECK(it.events.empty());
  CHECK(!it.give(it.key_for("ann", 4)));
}

TEST_CASE("keys of who was removed open nothing for another of that id") {
  tenant_under_test it;
  it.make();
  REQUIRE(!it.add("ann", role::viewer));
  REQUIRE(!it.give(it.key_for("ann", 1)));
  auto brief = it.key_for("ann", 2);
  brief.expires_at = it.now + 1h;
  REQUIRE(!it.give(brief));
  it.now += 2h;
  REQUIRE(!it.give(remove_principal{"ann", "root"}));
  CHECK(it.refuses(1, key_refusal::revoked));
  REQUIRE(!it.add("ann", role::admin));
  CHECK(it.refuses(1, key_refusal::revoked));
  // Not even if the clock is set back.
  it.now -= 2h;
  CHECK(it.refuses(2, key_refusal::revoked));
  CHECK(it.code_for(remove_principal{"bob", "root"}) == ec::not_found);
}

TEST_CASE("many keys are revoked in one decision, a part in each event") {
  tenant_under_test it;
  it.make();
  REQUIRE(!it.add("ann"));
  for (size_t i = 0; i < max_keys_per_event + 1; ++i) {
    auto key = it.key_for("ann", i);
    key.expires_at = it.now + 1s;
    REQUIRE(!it.give(key));
    it.now += 1s;
  }
  REQUIRE(!it.give(disable_principal{"ann", "root"}));
  REQUIRE(it.events.size() == 3);
  CHECK(std::get<keys_revoked>(it.events[1]).ids.size() == max_keys_per_event);
  CHECK(std::get<keys_revoked>(it.events[2]).ids.size() == 1);
}

TEST_CASE("a new password ends the sessions of a user and leaves the keys") {
  tenant_under_test it;
  it.make();
  REQUIRE(!it.add("ann"));
  REQUIRE(!it.give(it.key_for("ann", 1)));
  REQUIRE(!it.give(it.session_for("ann", 2)));
  REQUIRE(!it.give(it.session_for("root", 3)));
  it.now += 1h;
  REQUIRE(!it.give(set_password{"ann", "$argon2id$v=19$...", "ann"}));
  auto& ann = it.state.principals.at("ann");
  CHECK(ann.password == "$argon2id$v=19$...");
  CHECK(ann.password_changed_at == it.now);
  CHECK(it.opens(1));
  CHECK(it.refuses(2, key_refusal::revoked));
  CHECK(it.opens(3));
}

TEST_CASE("what was begun with a password is not done with another one") {
  tenant_under_test it;
  it.make();
  REQUIRE(!it.give(set_password{"root", "first", "root"}));
  auto first = it.now;
  auto session = it.session_for("root", 1);
  session.password_at = first;
  REQUIRE(!it.give(session));
  it.now += 1h;
  set_password change{"root", "second", "root", first};
  REQUIRE(!it.give(change));
  change.encoded = "third";
  CHECK(it.code_for(change) == ec::conflict);
  auto late = it.session_for("root", 2);
  late.password_at = first;
  CHECK(it.code_for(late) == ec::conflict);
  late.password_at = it.now;
  CHECK(!it.give(late));
  // One who never had a password has not that one either.
  REQUIRE(!it.add("ann"));
  change.principal = "ann";
  CHECK(it.code_for(change) == ec::conflict);
}

TEST_CASE("a password belongs to a user and its hash is bounded") {
  tenant_under_test it;
  it.make();
  add_principal robot;
  robot.id = robot.name = "ci";
  robot.kind = principal_kind::service;
  robot.by = "root";
  REQUIRE(!it.give(robot));
  CHECK(it.code_for(set_password{"ci", "x", "root"}) == ec::invalid_argument);
  CHECK(it.code_for(set_password{"bob", "x", "root"}) == ec::not_found);
  CHECK(it.code_for(set_password{"root", "", "root"}) == ec::invalid_argument);
  std::string longest(max_encoded_password, 'x');
  auto refused = it.give(set_password{"root", longest + "x", "root"});
  CHECK(code_of(refused) == ec::invalid_argument);
  CHECK(message_of(refused).find("xxx") == std::string::npos);
  CHECK(!it.give(set_password{"root", longest, "root"}));
}

TEST_CASE("a tenant has at most 10,000 principals") {
  tenant_under_test it;
  it.make();
  for (size_t i = 1; i < max_principals; ++i)
    REQUIRE(!it.add("p-" + std::to_string(i)));
  CHECK(code_of(it.add("ann")) == ec::limit_exceeded);
  REQUIRE(!it.give(remove_principal{"p-1", "root"}));
  CHECK(!it.add("ann"));
}

TEST_CASE("clients see of a principal all but its password") {
  tenant_under_test it;
  it.make();
  REQUIRE(!it.give(set_password{"root", "an-encoded-one", "root"}));
  auto view = view_of(it.state.principals.at("root"));
  CHECK(view.has_password);
  CHECK(view.tenant_role == role::admin);
  CHECK(wire::to_json(view).find("an-encoded-one") == std::string::npos);
}
