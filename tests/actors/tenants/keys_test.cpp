#include "tests/actors/tenants/tenant_under_test.hpp"

using namespace machine;
using namespace machine::test;

TEST_CASE("a key is added once; asking again changes nothing") {
  tenant_under_test it;
  it.make();
  REQUIRE(!it.give(it.key_for("root", 1)));
  it.now += 1s;
  REQUIRE(!it.give(it.key_for("root", 1)));
  CHECK(it.events.empty());
  auto other = it.key_for("root", 1);
  other.hash = key_hash(2);
  CHECK(it.code_for(other) == ec::conflict);
  other = it.key_for("root", 1);
  other.role_cap = role::viewer;
  CHECK(it.code_for(other) == ec::conflict);
  // Nobody may believe that a key works which does not.
  REQUIRE(!it.give(revoke_key{key_id(1), "root"}));
  CHECK(it.code_for(it.key_for("root", 1)) == ec::conflict);
}

TEST_CASE("what is no key is refused, and its hash is not shown") {
  tenant_under_test it;
  it.make();
  auto refused_with = [&](auto edit) {
    auto what = it.key_for("root", 1);
    edit(what);
    return it.code_for(what);
  };
  CHECK(refused_with([](auto& x) { x.id = "short"; }) == ec::invalid_argument);
  CHECK(refused_with([](auto& x) { x.id = "K00000000001"; })
        == ec::invalid_argument);
  CHECK(refused_with([](auto& x) { x.name = ""; }) == ec::invalid_argument);
  CHECK(refused_with([](auto& x) { x.name = std::string(129, 'x'); })
        == ec::invalid_argument);
  CHECK(refused_with([](auto& x) { x.project = "a b"; })
        == ec::invalid_argument);
  CHECK(refused_with([](auto& x) { x.principal = "bob"; }) == ec::not_found);
  auto what = it.key_for("root", 1);
  what.hash = "a secret by mistake";
  auto refused = it.give(what);
  CHECK(code_of(refused) == ec::invalid_argument);
  CHECK(message_of(refused).find("a secret") == std::string::npos);
}

TEST_CASE("a key may live on; a session has an end within 30 days") {
  tenant_under_test it;
  it.make();
  auto key = it.key_for("root", 1);
  key.expires_at = it.now;
  CHECK(it.code_for(key) == ec::invalid_argument);
  key.expires_at = it.now + max_key_life + 1ms;
  CHECK(it.code_for(key) == ec::invalid_argument);
  key.expires_at = timestamp::max();
  CHECK(it.code_for(key) == ec::invalid_argument);
  key.expires_at = it.now + max_key_life;
  CHECK(!it.give(key));
  auto session = it.session_for("root", 2);
  session.expires_at.reset();
  CHECK(it.code_for(session) == ec::invalid_argument);
  session.expires_at = it.now + max_session_life + 1ms;
  CHECK(it.code_for(session) == ec::invalid_argument);
  session.expires_at = it.now + max_session_life;
  REQUIRE(!it.give(session));
  for (auto end = it.now + max_session_life - 1h; it.now < end; it.now += 12h)
    REQUIRE(!it.give(note_key_use{key_id(2)}));
  it.now = *session.expires_at - 1ms;
  CHECK(it.opens(2));
  it.now += 1ms;
  CHECK(it.refuses(2, key_refusal::expired));
}

TEST_CASE("a session that is not used for a day is over, and a key is not") {
  tenant_under_test it;
  it.make();
  REQUIRE(!it.give(it.key_for("root", 1)));
  auto session = it.session_for("root", 2);
  session.expires_at = it.now + max_session_life;
  REQUIRE(!it.give(session));
  it.now += session_idle - 1ms;
  CHECK(it.opens(2));
  REQUIRE(!it.give(note_key_use{key_id(2)}));
  it.now += session_idle - 1ms;
  CHECK(it.opens(2));
  CHECK(it.count_live("root", key_kind::session) == 1);
  it.now += 1ms;
  CHECK(it.refuses(2, key_refusal::expired));
  CHECK(view_of(it.state.keys.at(key_id(2)), it.now).status
        == key_status::expired);
  CHECK(it.count_live("root", key_kind::session) == 0);
  // Nothing brings it back, and it is forgotten when it would have been.
  REQUIRE(!it.give(note_key_use{key_id(2)}));
  CHECK(it.events.empty());
  CHECK(tenant::wake_at(it.state) == *session.expires_at + key_memory);
  CHECK(it.opens(1));
}

TEST_CASE("a principal has at most 100 live keys") {
  tenant_under_test it;
  it.make();
  REQUIRE(!it.add("ann"));
  for (size_t i = 0; i < max_live_keys; ++i)
    REQUIRE(!it.give(it.key_for("ann", i)));
  CHECK(it.code_for(it.key_for("ann", 500)) == ec::limit_exceeded);
  // With a grace there would be one more for that long.
  CHECK(it.code_for(it.rotation(1, 500)) == ec::limit_exceeded);
  CHECK(!it.give(it.rotation(1, 500, 0ms)));
  // Neither another's keys nor sessions count.
  CHECK(!it.give(it.key_for("root", 501)));
  CHECK(!it.give(it.session_for("ann", 502)));
  REQUIRE(!it.give(revoke_key{key_id(2), "root"}));
  CHECK(!it.give(it.key_for("ann", 503)));
}

TEST_CASE("the oldest of 20 sessions ends for another one") {
  tenant_under_test it;
  it.make();
  // The ids are not in the order in which they came.
  for (size_t i = 0; i < max_live_sessions; ++i) {
    REQUIRE(!it.give(it.session_for("root", 100 - i)));
    it.now += 1s;
  }
  REQUIRE(!it.give(it.session_for("root", 200)));
  auto& revoked = std::get<keys_revoked>(it.events.at(0));
  CHECK(revoked.ids == std::vector{key_id(100)});
  CHECK(revoked.cause == revoke_cause::too_many_sessions);
  CHECK(it.refuses(100, key_refusal::revoked));
  CHECK(it.opens(200));
  CHECK(it.count_live("root", key_kind::session) == max_live_sessions);
}

TEST_CASE("a key that is rotated goes on for its grace beside the new one") {
  tenant_under_test it;
  it.make();
  auto key = it.key_for("root", 1);
  key.role_cap = role::developer;
  key.project = "web";
  key.expires_at = it.now + 10 * one_day;
  REQUIRE(!it.give(key));
  it.now += 9 * one_day;
  REQUIRE(!it.give(it.rotation(1, 2, 2h)));
  auto& after = it.state.keys.at(key_id(2));
  CHECK(after.role_cap == role::developer);
  CHECK(after.project == "web");
  CHECK(after.hash == key_hash(2));
  CHECK(after.expires_at == it.now + 10 * one_day);
  CHECK(it.state.keys.at(key_id(1)).replaced_by == key_id(2));
  CHECK(it.open(1) == it.open(2));
  it.now += 2h;
  CHECK(it.refuses(1, key_refusal::expired));
  CHECK(it.opens(2));
}

TEST_CASE("a key that its holder rotates ends when it was to end") {
  tenant_under_test it;
  it.make();
  auto key = it.key_for("root", 1);
  key.expires_at = it.now + 10 * one_day;
  REQUIRE(!it.give(key));
  it.now += 9 * one_day;
  auto mine = it.rotation(1, 2, 0h);
  mine.renew = false;
  REQUIRE(!it.give(mine));
  CHECK(it.state.keys.at(key_id(2)).expires_at == key.expires_at);
  it.now += one_day;
  CHECK(it.refuses(2, key_refusal::expired));
}

TEST_CASE("a key that is limited handles itself alone") {
  access_key full;
  full.id = "full";
  full.principal = "ann";
  auto other = full;
  other.id = "other";
  CHECK(may_handle(full, full));
  CHECK(may_handle(full, other));
  auto of_bob = other;
  of_bob.principal = "bob";
  CHECK(!may_handle(full, of_bob));
  for (auto limit : {0, 1, 2}) {
    auto mine = full;
    if (limit == 0)
      mine.role_cap = role::admin;
    else if (limit == 1)
      mine.project = "web";
    else
      mine.expires_at = timestamp{};
    CHECK(may_handle(mine, mine));
    CHECK(!may_handle(mine, other));
    // Whoever has signed in is there in person.
    mine.kind = key_kind::session;
    CHECK(may_handle(mine, other));
  }
}

TEST_CASE("a grace never makes a key live longer") {
  tenant_under_test it;
  it.make();
  auto key = it.key_for("root", 1);
  key.expires_at = it.now + 1h;
  REQUIRE(!it.give(key));
  REQUIRE(!it.give(it.rotation(1, 2, max_grace)));
  CHECK(it.state.keys.at(key_id(1)).expires_at == key.expires_at);
}

TEST_CASE("without grace a rotated key ends at once") {
  tenant_under_test it;
  it.make();
  REQUIRE(!it.give(it.key_for("root", 1)));
  REQUIRE(!it.give(it.rotation(1, 2, 0ms)));
  CHECK(it.refuses(1, key_refusal::expired));
  CHECK(it.opens(2));
  CHECK(!it.state.keys.at(key_id(2)).expires_at);
}

TEST_CASE("rotating again changes nothing, or is refused") {
  tenant_under_test it;
  it.make();
  REQUIRE(!it.give(it.key_for("root", 1)));
  REQUIRE(!it.give(it.rotation(1, 2)));
  REQUIRE(!it.give(it.rotation(1, 2)));
  CHECK(it.events.empty());
  CHECK(it.code_for(it.rotation(1, 3)) == ec::conflict);
  CHECK(!it.give(it.rotation(2, 3)));
}

TEST_CASE("what is over, or is no key, is not rotated") {
  tenant_under_test it;
  it.make();
  auto brief = it.key_for("root", 1);
  brief.expires_at = it.now + 1h;
  REQUIRE(!it.give(brief));
  REQUIRE(!it.give(it.key_for("root", 2)));
  REQUIRE(!it.give(it.session_for("root", 3)));
  REQUIRE(!it.give(it.key_for("root", 4)));
  REQUIRE(!it.give(revoke_key{key_id(2), "root"}));
  it.now += 1h;
  CHECK(it.code_for(it.rotation(1, 9)) == ec::conflict);
  CHECK(it.code_for(it.rotation(2, 9)) == ec::conflict);
  CHECK(it.code_for(it.rotation(3, 9)) == ec::invalid_argument);
  CHECK(it.code_for(it.rotation(8, 9)) == ec::not_found);
  CHECK(it.code_for(it.rotation(4, 4)) == ec::conflict);
  CHECK(it.code_for(it.rotation(4, 1)) == ec::conflict);
  CHECK(it.code_for(it.rotation(4, 9, -1ms)) == ec::invalid_argument);
  CHECK(it.code_for(it.rotation(4, 9, max_grace + 1ms))
        == ec::invalid_argument);
  CHECK(!it.give(it.rotation(4, 9, max_grace)));
}

TEST_CASE("revoking a revoked key is nothing new") {
  tenant_under_test it;
  it.make();
  REQUIRE(!it.give(it.key_for("root", 1)));
  REQUIRE(!it.give(revoke_key{key_id(1), "root"}));
  CHECK(it.refuses(1, key_refusal::revoked));
  it.now += 1h;
  REQUIRE(!it.give(revoke_key{key_id(1), "root"}));
  CHECK(it.events.empty());
  CHECK(it.code_for(revoke_key{key_id(2), "root"}) == ec::not_found);
}

TEST_CASE("that a key was used is written down once in an hour") {
  tenant_under_test it;
  it.make();
  REQUIRE(!it.give(it.key_for("root", 1)));
  REQUIRE(!it.give(note_key_use{key_id(1)}));
  CHECK(it.state.keys.at(key_id(1)).last_used_at == it.now);
  it.now += key_use_interval;
  REQUIRE(!it.give(note_key_use{key_id(1)}));
  CHECK(it.events.empty());
  it.now += 1ms;
  REQUIRE(!it.give(note_key_use{key_id(1)}));
  CHECK(it.state.keys.at(key_id(1)).last_used_at == it.now);
  // The clock was set back.
  it.now -= 48h;
  REQUIRE(!it.give(note_key_use{key_id(1)}));
  CHECK(it.events.empty());
  it.now += 96h;
  REQUIRE(!it.give(revoke_key{key_id(1), "root"}));
  REQUIRE(!it.give(note_key_use{key_id(1)}));
  CHECK(it.events.empty());
  CHECK(it.code_for(note_key_use{key_id(2)}) == ec::not_found);
}

TEST_CASE("who signs out everywhere keeps the keys") {
  tenant_under_test it;
  it.make();
  REQUIRE(!it.give(it.key_for("root", 1)));
  REQUIRE(!it.give(it.session_for("root", 2)));
  REQUIRE(!it.give(it.session_for("root", 3)));
  REQUIRE(!it.give(end_sessions{"root", "root"}));
  CHECK(it.opens(1));
  CHECK(it.refuses(2, key_refusal::revoked));
  CHECK(it.refuses(3, key_refusal::revoked));
  REQUIRE(!it.give(end_sessions{"root", "root"}));
  CHECK(it.events.empty());
  CHECK(it.code_for(end_sessions{"bob", "root"}) == ec::not_found);
}

TEST_CASE("what has ended is forgotten 30 days later") {
  tenant_under_test it;
  it.make();
  REQUIRE(!it.give(it.key_for("root", 1)));
  CHECK(!tenant::wake_at(it.state));
  REQUIRE(!it.give(it.session_for("root", 2)));
  auto expires = it.now + one_day;
  CHECK(tenant::wake_at(it.state) == expires + key_memory);
  it.now += 1h;
  REQUIRE(!it.give(it.key_for("root", 3)));
  REQUIRE(!it.give(revoke_key{key_id(3), "root"}));
  auto revoked = it.now;
  CHECK(tenant::wake_at(it.state) == revoked + key_memory);
  it.pass(revoked + key_memory);
  CHECK(it.refuses(3, key_refusal::unknown));
  CHECK(it.refuses(2, key_refusal::expired));
  it.pass(expires + key_memory - 1us);
  CHECK(it.refuses(2, key_refusal::expired));
  it.pass(expires + key_memory);
  CHECK(it.refuses(2, key_refusal::unknown));
  CHECK(it.opens(1));
  CHECK(!tenant::wake_at(it.state));
  REQUIRE(!it.give(prune_keys{}));
  CHECK(it.events.empty());
}

TEST_CASE("a full tenant forgets what ended first, before it refuses") {
  tenant_under_test it;
  it.make();
  REQUIRE(!it.give(it.session_for("root", 1)));
  REQUIRE(!it.give(it.session_for("root", 2)));
  REQUIRE(!it.give(revoke_key{key_id(2), "root"}));
  it.now += 1h;
  REQUIRE(!it.give(revoke_key{key_id(1), "root"}));
  it.state.size = max_tenant_bytes;
  REQUIRE(!it.give(it.key_for("root", 3)));
  REQUIRE(it.events.size() == 2);
  CHECK(std::get<keys_forgotten>(it.events[0]).ids
        == std::vector{key_id(2), key_id(1)});
  CHECK(it.opens(3));
  it.state.size = max_tenant_bytes;
  CHECK(it.code_for(it.key_for("root", 4)) == ec::limit_exceeded);
  CHECK(code_of(it.add("ann")) == ec::limit_exceeded);
  CHECK(it.code_for(set_password{"root", "x", "root"}) == ec::limit_exceeded);
  // What takes less is always allowed.
  CHECK(!it.give(revoke_key{key_id(3), "root"}));
}

TEST_CASE("clients see of a key how it is, and not its hash") {
  tenant_under_test it;
  it.make();
  REQUIRE(!it.give(it.session_for("root", 1)));
  auto& key = it.state.keys.at(key_id(1));
  CHECK(view_of(key, it.now).status == key_status::live);
  CHECK(view_of(key, it.now + one_day).status == key_status::expired);
  CHECK(wire::to_json(view_of(key, it.now)).find(key_hash(1))
        == std::string::npos);
  REQUIRE(!it.give(revoke_key{key_id(1), "root"}));
  CHECK(view_of(key, it.now).status == key_status::revoked);
}
