#include "gateway/identity/password_desk.hpp"

#include "actors/tenants/check.hpp"

namespace machine::gateway {

namespace {

/// No name of a tenant has a slash.
std::string account_of(const std::string& tenant,
                       const std::string& principal) {
  return tenant + "/" + principal;
}

/// *id* if a password may let it in; else null.
const tenants::principal* find_user(const tenants::tenant_state* in,
                                    const std::string& id) {
  if (in == nullptr || in->status != tenants::tenant_status::active)
    return nullptr;
  auto i = in->principals.find(id);
  if (i == in->principals.end() || i->second.disabled
      || i->second.kind != tenants::principal_kind::user || !i->second.password
      || !i->second.password_changed_at)
    return nullptr;
  return &i->second;
}

} // namespace

caf::error wrong_password() {
  return make_error(ec::unauthenticated,
                    "this is not the password of anybody there; check tenant, "
                    "name and password");
}

password_desk::password_desk(std::shared_ptr<key_ring> keys,
                             const password_rules& rules)
    : rules_(rules), keys_(std::move(keys)),
      queue_(std::make_shared<hash_queue>(rules.at_once, rules.most_waiting)),
      guard_(rules.slow, rules.most_remembered) {}

std::optional<timestamp> password_desk::begin(const std::string& tenant,
                                              const std::string& principal,
                                              const std::string& address,
                                              timestamp now) {
  return guard_.begin(account_of(tenant, principal), address, now);
}

void password_desk::succeed(const std::string& tenant,
                            const std::string& principal,
                            const std::string& address, timestamp now) {
  guard_.succeed(account_of(tenant, principal), address, now);
}

void password_desk::withdraw(const std::string& tenant,
                             const std::string& principal,
                             const std::string& address, timestamp now) {
  guard_.withdraw(account_of(tenant, principal), address, now);
}

caf::expected<password_match> password_desk::check(const std::string& tenant,
                                                   const std::string& principal,
                                                   std::string_view password) {
  std::shared_ptr<const tenants::tenant_state> state;
  if (!tenants::check_tenant_name(tenant)) {
    auto found = keys_->find(tenant);
    if (!found)
      return std::move(found.error());
    state = std::move(*found);
  }
  auto* user = find_user(state.get(), principal);
  auto encoded =
    user != nullptr ? *user->password : security::decoy_hash(rules_.hash);
  ++hashes_;
  auto verdict = security::verify_password(encoded, password);
  if (verdict == security::password_verdict::no_memory)
    return make_error(ec::overloaded, "there is no memory to check a password; "
                                      "try again later");
  if (user == nullptr || verdict != security::password_verdict::matches)
    return wrong_password();
  return password_match{user->id, *user->password_changed_at};
}

caf::expected<std::string> password_desk::hash(std::string_view password) {
  ++hashes_;
  return security::hash_password(password, rules_.hash);
}

} // namespace machine::gateway
