#include "gateway/identity/recogniser.hpp"

#include "actors/tenants.hpp"
#include "actors/tenants/access_key.hpp"
#include "actors/tenants/bounds.hpp"
#include "actors/tenants/check.hpp"
#include "gateway/identity/outsider.hpp"
#include "runtime/security/jwt.hpp"

namespace machine::gateway {

namespace {

/// Keys of which it is remembered that their use was told.
constexpr size_t max_noted = 10'000;

/// A use that was told and did not come to be known is told again after this.
constexpr duration note_pause = std::chrono::minutes{1};

caf::error nobody() {
  return make_error(ec::unauthenticated,
                    "the token is not valid; ask its issuer for a new one");
}

} // namespace

void recogniser::recognise(const std::string& token, const std::string& tenant,
                           timestamp now, done then) {
  if (looks_like_jwt(token))
    of_token(token, tenant.empty() ? local_tenant : tenant, now,
             std::move(then));
  else
    then(of_key(token, tenant, now));
}

caf::expected<principal_ptr> recogniser::of_key(const std::string& token,
                                                const std::string& tenant,
                                                timestamp now) {
  auto holder = keys_->recognise(token, now, told_);
  if (!holder)
    return std::move(holder.error());
  auto& who = holder->who;
  if (!tenant.empty() && tenant != who->tenant)
    return make_error(ec::denied, "this key is of the tenant " + who->tenant
                                    + "; it cannot act in another");
  note_use(*holder, now);
  return std::move(who);
}

void recogniser::of_token(const std::string& token, const std::string& tenant,
                          timestamp now, done then) {
  const auto most = security::jwt_policy{}.max_bytes;
  auto issuer = security::unverified_issuer(token, most);
  if (!outside_ || !issuer || tenants::check_tenant_name(tenant))
    return then(nobody());
  auto state = keys_->find(tenant);
  if (!state)
    return then(std::move(state.error()));
  if (!*state || (*state)->status != tenants::tenant_status::active)
    return then(nobody());
  std::vector<tenants::token_issuer> known;
  for (auto& [id, x] : (*state)->issuers)
    if (x.issuer == *issuer)
      known.push_back(x);
  try_issuers(token, tenant, now, std::move(known), std::move(then));
}

void recogniser::try_issuers(std::string token, std::string tenant,
                             timestamp now,
                             std::vector<tenants::token_issuer> left,
                             done then) {
  if (left.empty())
    return then(nobody());
  auto x = std::move(left.back());
  left.pop_back();
  auto policy = policy_of(x);
  auto find = [&](const security::jwk_set& keys) {
    return security::names_unknown_key(token, policy, keys)
           ? security::key_lookup::unknown
           : security::key_lookup::known;
  };
  auto verify =
    [=, me = shared_from_this()](caf::expected<issuer_keys::key_set> keys) {
      if (!keys)
        return then(std::move(keys.error()));
      auto claims = security::verify_jwt(token, policy, **keys, now);
      if (claims)
        return then(outsider_of(tenant, x, *claims));
      if (me->told_)
        me->told_("a token of issuer " + x.id + " of " + tenant
                  + " is refused: " + message_of(claims.error()));
      me->try_issuers(token, tenant, now, left, then);
    };
  outside_->get(tenant, x, find, std::move(verify));
}

void recogniser::note_use(const key_holder& of, timestamp now) {
  auto& last = of.last_used_at;
  if (!used_
      || (last && now <= tenants::later_by(*last, tenants::key_use_interval)))
    return;
  auto& who = *of.who;
  auto name = who.tenant + "/" + *who.key;
  {
    std::lock_guard guard{mutex_};
    auto there = noted_.find(name);
    if (there != noted_.end() && now >= there->second
        && now < tenants::later_by(there->second, note_pause))
      return;
    if (noted_.size() >= max_noted)
      noted_.clear();
    noted_.insert_or_assign(name, now);
  }
  used_(who.tenant, *who.key);
}

} // namespace machine::gateway
