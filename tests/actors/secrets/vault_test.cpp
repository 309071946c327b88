#include "tests/actors/secrets/vault_under_test.hpp"

using namespace machine;
using namespace machine::test;

TEST_CASE("a secret is found as it was set last, and by its tenant alone") {
  vault_under_test it;
  auto vault = it.open();
  CHECK(it.get(*vault, "key") == "not_found");
  it.put(*vault, "key", "one");
  CHECK(it.get(*vault, "key") == "one");
  it.put(*vault, "key", "two");
  CHECK(it.get(*vault, "key") == "two");
  CHECK(it.get(*vault, "key", "acme") == "not_found");
  CHECK(it.get(*vault, "../key") == "not_found");
  it.erase({"default", "key"});
  CHECK(it.get(*vault, "key") == "not_found");
  it.put(*vault, "key", "three");
  CHECK(it.get(*vault, "key") == "three");
}

TEST_CASE(
  "a sealed secret that is moved to another name opens there for nobody") {
  vault_under_test it;
  auto vault = it.open();
  auto under_way = vault->begin_put();
  auto what = under_way->seal({"default", "key", 1}, "value", "ann");
  under_way->settle();
  REQUIRE(!it.tell({"default", "other"}, what));
  CHECK(it.get(*vault, "other") == "corrupt");
}

TEST_CASE("a new master key takes all secrets, and the old one opens nothing") {
  vault_under_test it;
  auto vault = it.open();
  auto before = it.kept;
  for (auto i = 0; i < 5; ++i)
    it.put(*vault, "key" + std::to_string(i), std::to_string(i));
  auto report = vault->rotate(it.teller());
  REQUIRE(report);
  CHECK(report->secrets == 5);
  CHECK(report->forgotten == 1);
  CHECK(report->key == vault->key_id());
  REQUIRE(it.kept.size() == 1);
  CHECK(it.kept.front().id() != before.front().id());
  it.put(*vault, "key5", "5");
  auto later = it.open();
  for (auto i = 0; i < 6; ++i)
    CHECK(it.get(*later, "key" + std::to_string(i)) == std::to_string(i));
  auto lost = it.open(before)->list_lost();
  REQUIRE(lost);
  CHECK(lost->size() == 6);
  CHECK(lost->front().master == report->key);
  CHECK(later->list_lost()->empty());
}

TEST_CASE("a change of the master key that is cut off anywhere loses nothing") {
  for (size_t steps = 0; steps <= 3; ++steps) {
    vault_under_test it;
    auto vault = it.open();
    for (auto* name : {"a", "b", "c"})
      it.put(*vault, name, name);
    it.left = steps;
    auto done = vault->rotate(it.teller());
    CHECK(done.engaged() == (steps == 3));
    it.left.reset();
    // Another process, with what was durable.
    auto next = it.open();
    CHECK(next->list_lost()->empty());
    for (auto* name : {"a", "b", "c"})
      CHECK(it.get(*next, name) == name);
    CHECK(next->has_old_keys() == (steps != 3));
    auto finished = next->finish_rotation(it.teller());
    REQUIRE(finished);
    CHECK(finished->secrets == 3 - steps);
    CHECK(it.kept.size() == 1);
    for (auto* name : {"a", "b", "c"})
      CHECK(it.get(*it.open(), name) == name);
  }
}

TEST_CASE("the old key stays while nobody knows what became of a put") {
  vault_under_test it;
  auto vault = it.open();
  put_secret what;
  {
    auto under_way = vault->begin_put();
    what = under_way->seal({"default", "late", 1}, "late", "ann");
    // It never hears the answer.
  }
  auto report = vault->rotate(it.teller());
  REQUIRE(report);
  CHECK(report->forgotten == 0);
  CHECK(it.kept.size() == 2);
  REQUIRE(!it.tell({"default", "late"}, what));
  CHECK(it.get(*vault, "late") == "late");
  auto next = it.open();
  CHECK(next->finish_rotation(it.teller())->forgotten == 1);
  CHECK(it.get(*it.open(), "late") == "late");
}

TEST_CASE("keys that come from elsewhere are not made here") {
  vault_under_test it;
  vault outside{it.engine, it.kept, {}};
  auto refused = outside.rotate(it.teller());
  REQUIRE(!refused);
  CHECK(code_of(refused.error()) == ec::conflict);
  CHECK(has(message_of(refused.error()), "vault.old_key"));
}

TEST_CASE("of what is stored, nothing holds a value") {
  vault_under_test it;
  auto vault = it.open();
  const std::string value = "canary-of-the-vault-7f3a";
  it.put(*vault, "key", value);
  REQUIRE(vault->rotate(it.teller()));
  auto events = it.engine->read({"secret", "default", "key"}, 1, 100, 1 << 20);
  REQUIRE(events);
  CHECK(events->size() == 2);
  for (auto& x : *events)
    CHECK(!has(as_text(x.payload), value));
  auto row = it.engine->read_summary({"secret", "default", "key"});
  REQUIRE(row);
  CHECK(!has(as_text(row->summary.body), value));
}
