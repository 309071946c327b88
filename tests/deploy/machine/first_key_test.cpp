#include "deploy/machine/first_key.hpp"

#include "actors/node/actors.hpp"
#include "actors/tenants/check.hpp"
#include "gateway/identity/key_ring.hpp"
#include "gateway/identity/principal.hpp"
#include "runtime/clock.hpp"
#include "tests/support/machine_under_test.hpp"

#include <catch2/catch.hpp>

using namespace machine;
using namespace machine::tenants;

namespace {

struct first_start {
  test::machine_under_test machine{"rules: []\n"};

  std::optional<std::string> make() {
    auto made = deploy::make_first_key(machine.node());
    if (!made)
      FAIL(message_of(made.error()));
    return *made;
  }

  void tell(tenant_command what) {
    auto& actors = machine.node().actors();
    caf::scoped_actor self{actors.system};
    self
      ->request(actors.tenants, std::chrono::seconds{30}, atom::command_v,
                entity::key{system_tenant, local_tenant}, std::move(what))
      .receive([](const entity::outcome<tenant>&) {},
               [](const caf::error& why) { FAIL(message_of(why)); });
  }

  void add(const std::string& id) {
    add_principal what;
    what.id = id;
    what.name = id;
    what.by = "local";
    tell(what);
  }

  /// Whether *key* is that of an administrator.
  bool opens(const std::string& key) {
    gateway::key_ring keys{machine.node().options().engine};
    auto holder = keys.recognise(key, wall_clock());
    return holder && holder->who->id == deploy::first_principal
        && holder->who->may(role::admin);
  }
};

} // namespace

TEST_CASE("a new machine has an administrator, whose key is made once") {
  first_start it;
  auto key = it.make();
  REQUIRE(key);
  CHECK(it.opens(*key));
  CHECK(!it.make());
  it.machine.restart();
  CHECK(!it.make());
  CHECK(it.opens(*key));
}

TEST_CASE("a start that was cut off is made up for") {
  first_start it;
  it.tell(create_tenant{local_tenant, "local"});
  SECTION("before there was anybody") {}
  SECTION("before the administrator had a key") {
    add_principal who;
    who.id = deploy::first_principal;
    who.name = "Administrator";
    who.tenant_role = role::admin;
    who.by = "local";
    it.tell(who);
  }
  auto key = it.make();
  REQUIRE(key);
  CHECK(it.opens(*key));
  CHECK(!it.make());
}

TEST_CASE("a tenant that has somebody gets no key that nobody asked for") {
  first_start it;
  it.tell(create_tenant{local_tenant, "local"});
  it.add("ann");
  CHECK(!it.make());
}
