#include "actors/tenants/principal.hpp"

namespace machine::tenants {

namespace {

/// Names of members, numbers and times, for what is always there.
constexpr uint64_t principal_overhead = 256;

/// A name in front of a role.
constexpr uint64_t grant_overhead = 16;

} // namespace

void change(principal& draft, const principal_edit& edit) {
  if (edit.name)
    draft.name = *edit.name;
  if (edit.tenant_role)
    draft.tenant_role = edit.tenant_role->given;
  for (auto& [project, grant] : edit.projects)
    if (grant.given)
      draft.projects[project] = *grant.given;
    else
      draft.projects.erase(project);
}

bool is_enabled_admin(const principal& x) {
  return !x.disabled && x.tenant_role == role::admin;
}

uint64_t size_of(const principal& x) {
  // The id is the name of the member, too.
  auto result = principal_overhead + 2 * x.id.size() + x.name.size()
              + x.created_by.size() + x.password.value_or("").size();
  for (auto& [project, given] : x.projects)
    result += grant_overhead + project.size();
  return result;
}

} // namespace machine::tenants
