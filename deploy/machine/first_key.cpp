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

/// What the tenant has; nothing if it is not there.
caf::expected<tenants::tenant_state> look_at_tenant(caf::scoped_actor& self,
                                                    node& in) {
  caf::expected<tenants::tenant_state> result{tenants::tenant_state{}};
  self
    ->request(in.actors().tenants, tenant_patience, atom::inspect_v,
              entity::key{tenants::system_tenant, local_tenant})
    .receive([&](tenants::tenant_state& now) { result = std::move(now); },
             [&](caf::error& why) {
               if (code_of(why) != ec::not_found)
                 result = std::move(why);
             });
  return result;
}

/// Whether somebody can come in, or could once.
bool has_people(const tenants::tenant_state& now) {
  auto others = now.principals.size() - now.principals.count(first_principal);
  return !now.keys.empty() || others > 0;
}

} // namespace

caf::expected<std::optional<std::string>> make_first_key(node& in) {
  using namespace tenants;
  caf::scoped_actor self{in.actors().system};
  auto now = look_at_tenant(self, in);
  if (!now)
    return std::move(now.error());
  // A start that was cut off may have left any of it.
  if (has_people(*now))
    return std::optional<std::string>{};
  if (!now->exists)
    if (auto err = tell_tenant(self, in, create_tenant{local_tenant, author}))
      return err;
  auto made = gateway::new_key(local_tenant);
  if (!made)
    return std::move(made.error());
  add_principal who;
  who.id = first_principal;
  who.name = "Administrator";
  who.tenant_role = role::admin;
  who.by = author;
  if (!now->principals.contains(first_principal))
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
