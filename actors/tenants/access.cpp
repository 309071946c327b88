#include "actors/tenants/access.hpp"

#include <algorithm>

namespace machine::tenants {

namespace {

/// The higher of two roles that somebody may have.
std::optional<role> higher(std::optional<role> x, std::optional<role> y) {
  // None is less than any.
  return std::max(x, y);
}

std::optional<role> find_role(const std::map<std::string, role>& in,
                              const std::string& project) {
  auto i = in.find(project);
  return i == in.end() ? std::nullopt : std::optional{i->second};
}

void cap(access_grant& x, role most) {
  if (x.tenant_role)
    x.tenant_role = std::min(*x.tenant_role, most);
  for (auto& [project, given] : x.projects)
    given = std::min(given, most);
}

/// Takes away all that is not of *project*.
void restrict_to(access_grant& x, const std::string& project) {
  auto given = role_in(x, project);
  x.project = project;
  x.tenant_role.reset();
  x.projects.clear();
  if (given)
    x.projects[project] = *given;
}

} // namespace

resolution resolve(const tenant_state& now, const std::string& id,
                   timestamp at) {
  auto i = now.keys.find(id);
  if (i == now.keys.end())
    return key_refusal::unknown;
  auto& key = i->second;
  if (key.revoked_at)
    return key_refusal::revoked;
  if (!is_live(key, at))
    return key_refusal::expired;
  auto owner = now.principals.find(key.principal);
  if (owner == now.principals.end())
    return key_refusal::unknown;
  if (owner->second.disabled)
    return key_refusal::disabled;
  if (now.status == tenant_status::suspended)
    return key_refusal::suspended;
  access_grant result;
  result.principal = owner->first;
  result.kind = owner->second.kind;
  result.principal_made_at = owner->second.created_at;
  result.key = key.kind;
  result.tenant_role = owner->second.tenant_role;
  result.projects = owner->second.projects;
  if (key.role_cap)
    cap(result, *key.role_cap);
  if (key.project)
    restrict_to(result, *key.project);
  return result;
}

std::optional<role> role_in(const access_grant& x, const std::string& project) {
  return higher(x.tenant_role, find_role(x.projects, project));
}

bool may_handle(const access_key& mine, const access_key& other) {
  auto is_limited = mine.kind == key_kind::api_key
                 && (mine.role_cap || mine.project || mine.expires_at);
  return mine.principal == other.principal
      && (!is_limited || mine.id == other.id);
}

} // namespace machine::tenants
