#include "deploy/machine/first_key.hpp"

#include "actors/node/actors.hpp"
#include "actors/tenants/check.hpp"
#include "gateway/identity/new_key.hpp"

namespace machine::deploy {

namespace {

/// Who does it: who runs the machine.
constexpr const char* author = "local";

constexpr std::chrono::seconds tenant_patience{30};

caf::error tell_tenant(caf::scoped_actor& self, node& in,
                       tenants::tenant_command what) {
  caf::error result;
  self
    ->request(in.actors().tenants, tenant_patience, atom::command_v,
              entity::key{tenants::system_tenant, local_tenant},
              std::move(what))
    .receive([](const entity::outcome<tenants::tenant>&) {},
             [&](caf::error& why) { result = std::move(why); });
  return result;
}

} // namespace

caf::expected<std::optional<std::string>> make_first_key(node& in) {
  using namespace tenants;
  caf::scoped_actor self{in.actors().system};
  if (auto err = tell_tenant(self, in, create_tenant{local_tenant, author})) {
    if (code_of(err) == ec::conflict)
      return std::optional<std::string>{};
    return err;
  }
  auto made = gateway::new_key(local_tenant);
  if (!made)
    return std::move(made.error());
  add_principal who;
  who.id = first_principal;
  who.name = "Administrator";
  who.tenant_role = role::admin;
  who.by = author;
  if (auto err = tell_tenant(self, in, who))
    return err;
  add_key key;
  key.id = made->id;
  key.principal = first_principal;
  key.name = "first key";
  key.hash = made->hash;
  key.by = author;
  if (auto err = tell_tenant(self, in, key))
    return err;
  return std::optional{std::move(made->text)};
}

} // namespace machine::deploy
