#include "gateway/identity/key_ring.hpp"

#include "actors/tenants/access.hpp"
#include "actors/tenants/check.hpp"
#include "actors/tenants/tenant.hpp"
#include "gateway/identity/principal.hpp"
#include "runtime/entity/load.hpp"
#include "runtime/security/api_key.hpp"

namespace machine::gateway {

namespace {

/// Tenants whose states are kept.
constexpr size_t max_tenants = 10'000;

caf::error unknown() {
  return make_error(ec::unauthenticated,
                    "the key is not valid; ask for a new one");
}

principal_ptr principal_of(const std::string& tenant, const std::string& key,
                           tenants::access_grant grant) {
  auto result = std::make_shared<principal>();
  result->tenant = tenant;
  result->home = tenant;
  result->id = std::move(grant.principal);
  result->kind = grant.kind == tenants::principal_kind::user
                 ? principal::nature::user
                 : principal::nature::service;
  result->everywhere = grant.tenant_role;
  result->projects = std::move(grant.projects);
  result->key = key;
  return result;
}

} // namespace

caf::expected<std::shared_ptr<const tenants::tenant_state>>
key_ring::find(const std::string& tenant) {
  auto last =
    engine_->last_seq({tenants::tenant::kind, tenants::system_tenant, tenant});
  if (!last)
    return std::move(last.error());
  {
    std::lock_guard guard{mutex_};
    if (auto i = pages_.find(tenant);
        i != pages_.end() && i->second.last_seq == *last)
      return i->second.state;
  }
  if (*last == 0)
    return std::shared_ptr<const tenants::tenant_state>{};
  auto loaded =
    entity::replay<tenants::tenant>(*engine_, {tenants::system_tenant, tenant});
  if (!loaded)
    return std::move(loaded.error());
  page read{loaded->last_seq, std::make_shared<const tenants::tenant_state>(
                                std::move(loaded->state))};
  std::lock_guard guard{mutex_};
  if (pages_.size() >= max_tenants && !pages_.contains(tenant))
    pages_.erase(pages_.begin());
  auto& there = pages_[tenant];
  // Somebody else may have read more of it.
  if (there.last_seq < read.last_seq)
    there = read;
  return read.state;
}

caf::expected<key_holder>
key_ring::recognise(std::string_view token, timestamp now,
                    const std::function<void(std::string)>& told) {
  auto refuse = [&](std::string why) {
    if (told)
      told(std::move(why));
    return unknown();
  };
  auto key = security::parse_api_key(token);
  if (!key)
    return refuse("it is no key");
  auto state = find(key->tenant);
  if (!state)
    return std::move(state.error());
  if (!*state)
    return refuse("there is no tenant " + key->tenant);
  auto& keys = (*state)->keys;
  auto known = keys.find(key->id);
  if (known == keys.end())
    return refuse("there is no key " + key->id);
  auto same_kind = (known->second.kind == tenants::key_kind::session)
                == (key->kind == security::token_kind::session);
  if (!security::matches(known->second.hash, key->secret) || !same_kind)
    return refuse("key " + key->id + " has another secret");
  auto found = tenants::resolve(**state, key->id, now);
  if (auto* why = std::get_if<tenants::key_refusal>(&found))
    return refuse("key " + key->id + " of " + key->tenant + " is "
                  + std::string{wire::to_name(*why)});
  return key_holder{
    principal_of(key->tenant, key->id,
                 std::get<tenants::access_grant>(std::move(found))),
    known->second.last_used_at};
}

} // namespace machine::gateway
