#include "gateway/identity/key_ring.hpp"

#include "actors/tenants/access.hpp"
#include "actors/tenants/access_key.hpp"
#include "actors/tenants/check.hpp"
#include "actors/tenants/tenant.hpp"
#include "gateway/identity/principal.hpp"
#include "runtime/entity/load.hpp"
#include "runtime/security/api_key.hpp"

namespace machine::gateway {

namespace {

/// Tenants whose states are kept.
constexpr size_t max_tenants = 10'000;

/// Tokens that are remembered.
constexpr size_t max_acquaintances = 10'000;

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
  result->made_at = grant.principal_made_at;
  result->everywhere = grant.tenant_role;
  result->projects = std::move(grant.projects);
  result->key = key;
  return result;
}

} // namespace

caf::expected<std::shared_ptr<const tenants::tenant_state>>
key_ring::find(const std::string& tenant) {
  auto found = find_page(tenant);
  if (!found)
    return std::move(found.error());
  return std::move(found->state);
}

caf::expected<key_ring::page> key_ring::find_page(const std::string& tenant) {
  store::stream_id where{tenants::tenant::kind, tenants::system_tenant, tenant};
  auto version = engine_->version(where);
  if (version) {
    std::lock_guard guard{mutex_};
    if (auto i = pages_.find(tenant);
        i != pages_.end() && i->second.version == version)
      return i->second;
  }
  auto last = engine_->last_seq(where);
  if (!last)
    return std::move(last.error());
  page old;
  {
    std::lock_guard guard{mutex_};
    if (auto i = pages_.find(tenant); i != pages_.end()) {
      if (i->second.last_seq == *last) {
        i->second.version = version;
        return i->second;
      }
      old = i->second;
    }
  }
  if (*last == 0)
    return page{};
  auto now = read(tenant, old);
  if (!now)
    return std::move(now.error());
  std::lock_guard guard{mutex_};
  if (pages_.size() >= max_tenants && !pages_.contains(tenant))
    pages_.erase(pages_.begin());
  auto& there = pages_[tenant];
  // Somebody else may have read more of it.
  if (there.last_seq < now->last_seq)
    there = *now;
  return std::move(*now);
}

/// Mostly what is new is the use of some key, and to have a copy of all else is
/// faster than a replay. Tenants are never erased.
caf::expected<key_ring::page> key_ring::read(const std::string& tenant,
                                             const page& old) {
  entity::key id{tenants::system_tenant, tenant};
  auto known = [&] {
    entity::loaded_entity<tenants::tenant> result;
    result.state = *old.state;
    result.last_seq = old.last_seq;
    return result;
  };
  auto now = old.state ? entity::catch_up(*engine_, id, known())
                       : entity::replay<tenants::tenant>(*engine_, id);
  if (!now)
    return std::move(now.error());
  return page{
    now->last_seq, std::nullopt,
    std::make_shared<const tenants::tenant_state>(std::move(now->state))};
}

caf::expected<key_holder>
key_ring::recognise(std::string_view token, timestamp now,
                    const std::function<void(std::string)>& told) {
  auto refuse = [&](std::string why) {
    if (told)
      told(std::move(why));
    return unknown();
  };
  if (token.size() > security::max_token_bytes)
    return refuse("it is no key");
  auto fingerprint = fingerprints_.of(token);
  if (auto known = find_acquaintance(fingerprint, now))
    return std::move(*known);
  auto key = security::parse_api_key(token);
  if (!key)
    return refuse("it is no key");
  auto found = find_page(key->tenant);
  if (!found)
    return std::move(found.error());
  auto& state = found->state;
  if (!state)
    return refuse("there is no tenant " + key->tenant);
  auto known = state->keys.find(key->id);
  if (known == state->keys.end())
    return refuse("there is no key " + key->id);
  auto same_kind = (known->second.kind == tenants::key_kind::session)
                == (key->kind == security::token_kind::session);
  if (!security::matches(known->second.hash, key->secret) || !same_kind)
    return refuse("key " + key->id + " has another secret");
  auto gives = tenants::resolve(*state, key->id, now);
  if (auto* why = std::get_if<tenants::key_refusal>(&gives))
    return refuse("key " + key->id + " of " + key->tenant + " is "
                  + std::string{wire::to_name(*why)});
  auto who = principal_of(key->tenant, key->id,
                          std::get<tenants::access_grant>(std::move(gives)));
  remember(fingerprint, {who, found->last_seq});
  return key_holder{std::move(who), known->second.last_used_at};
}

caf::expected<principal_ptr> key_ring::look_again(const principal_ptr& who,
                                                  timestamp now) {
  if (!who->key)
    return who;
  auto found = find_page(who->tenant);
  if (!found)
    return std::move(found.error());
  if (!found->state)
    return unknown();
  auto gives = tenants::resolve(*found->state, *who->key, now);
  if (!std::holds_alternative<tenants::access_grant>(gives))
    return unknown();
  return principal_of(who->tenant, *who->key,
                      std::get<tenants::access_grant>(std::move(gives)));
}

/// What time alone can change is looked at each time. The rest is as it was if
/// the tenant is.
std::optional<key_holder>
key_ring::find_acquaintance(const security::fingerprint& of, timestamp now) {
  acquaintance known;
  {
    std::lock_guard guard{mutex_};
    auto i = acquaintances_.find(of);
    if (i == acquaintances_.end())
      return std::nullopt;
    known = i->second;
  }
  auto found = find_page(known.who->tenant);
  if (!found || !found->state || found->last_seq != known.last_seq)
    return std::nullopt;
  auto key = found->state->keys.find(*known.who->key);
  if (key == found->state->keys.end() || !tenants::is_live(key->second, now))
    return std::nullopt;
  return key_holder{std::move(known.who), key->second.last_used_at};
}

void key_ring::remember(const security::fingerprint& of, acquaintance who) {
  std::lock_guard guard{mutex_};
  if (acquaintances_.size() >= max_acquaintances)
    acquaintances_.clear();
  acquaintances_.insert_or_assign(of, std::move(who));
}

} // namespace machine::gateway
