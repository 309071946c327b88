#pragma once

#include "actors/tenants/tenant.hpp"
#include "runtime/entity/draft.hpp"

#include <string>
#include <vector>

namespace machine::tenants {

/// Decides one command for a tenant that exists, or is to be created. Each
/// member refuses before it emits anything.
class decider {
public:
  explicit decider(entity::draft<tenant>& to) : to_(to) {}

  caf::error operator()(const create_tenant& x);
  caf::error operator()(const change_tenant& x);
  caf::error operator()(const suspend_tenant& x);
  caf::error operator()(const resume_tenant& x);
  caf::error operator()(const add_issuer& x);
  caf::error operator()(const remove_issuer& x);

  // decide_principals.cpp
  caf::error operator()(const add_principal& x);
  caf::error operator()(const change_principal& x);
  caf::error operator()(const disable_principal& x);
  caf::error operator()(const enable_principal& x);
  caf::error operator()(const remove_principal& x);
  caf::error operator()(const set_password& x);

  // decide_keys.cpp
  caf::error operator()(const add_key& x);
  caf::error operator()(const rotate_key& x);
  caf::error operator()(const revoke_key& x);
  caf::error operator()(const note_key_use& x);
  caf::error operator()(const end_sessions& x);
  caf::error operator()(const prune_keys& x);

  caf::error check_exists() const;

private:
  caf::error just(tenant_event what);

  const std::string& name() const {
    return to_.ctx().key.id;
  }

  const tenant_state& now() const {
    return to_.now();
  }

  timestamp time() const {
    return to_.ctx().now;
  }

  /// `not_found` if there is no such principal.
  caf::expected<const principal*> find_principal(const std::string& id) const;

  /// The same for a key.
  caf::expected<const access_key*> find_key(const std::string& id) const;

  /// `conflict` if the tenant would have no enabled admin without *x*.
  caf::error check_admin_stays(const principal& x) const;

  /// `conflict` if *x* has another password than that which was set then.
  caf::error check_password_stays(const principal& x, timestamp set_at) const;

  /// The ended keys that are to be forgotten so that *more* bytes fit;
  /// `limit_exceeded` if they do not even then. Emits nothing.
  caf::expected<std::vector<std::string>> find_room(uint64_t more) const;

  /// Forgets what `find_room` has found.
  void make_room(std::vector<std::string> ids);

  void revoke(const std::vector<std::string>& ids, revoke_cause cause,
              const std::string& by);

  caf::error check_key(const access_key& x) const;

  /// `limit_exceeded` if *principal* has all the API keys that it may have.
  /// @param without One that does not count.
  caf::error check_key_count(const std::string& principal,
                             const std::string& without) const;

  /// Of the sessions of *principal*, those that end for another one.
  std::vector<std::string>
  sessions_too_many(const std::string& principal) const;

  entity::draft<tenant>& to_;
};

} // namespace machine::tenants
