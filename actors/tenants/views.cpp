#include "actors/tenants/views.hpp"

namespace machine::tenants {

principal_view view_of(const principal& x) {
  principal_view result;
  result.id = x.id;
  result.kind = x.kind;
  result.name = x.name;
  result.tenant_role = x.tenant_role;
  result.projects = x.projects;
  result.disabled = x.disabled;
  result.has_password = x.password.has_value();
  result.password_changed_at = x.password_changed_at;
  result.created_at = x.created_at;
  result.created_by = x.created_by;
  return result;
}

key_view view_of(const access_key& x, timestamp now) {
  key_view result;
  result.id = x.id;
  result.kind = x.kind;
  result.principal = x.principal;
  result.name = x.name;
  result.status = x.revoked_at    ? key_status::revoked
                : is_live(x, now) ? key_status::live
                                  : key_status::expired;
  result.role_cap = x.role_cap;
  result.project = x.project;
  result.created_at = x.created_at;
  result.created_by = x.created_by;
  result.expires_at = x.expires_at;
  result.last_used_at = x.last_used_at;
  result.revoked_at = x.revoked_at;
  result.replaced_by = x.replaced_by;
  return result;
}

} // namespace machine::tenants
