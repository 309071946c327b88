#include "gateway/api/may_answer.hpp"

namespace machine::gateway {

namespace {

using tenants::role;

/// The role that *name* means. A name of no role is met by nobody but an
/// administrator.
role role_named(const std::string& name) {
  for (auto& [known, value] : wire_names(role{}))
    if (known == name)
      return value;
  return role::admin;
}

} // namespace

caf::error may_answer(const principal& who, const std::string& project,
                      const orchestrator::interrupt& what) {
  if (who.may_in(project, role::admin))
    return caf::none;
  if (what.assignee && *what.assignee != who.id)
    return make_error(ec::denied, "question " + what.id + " is for "
                                    + *what.assignee + " to answer");
  auto usual = what.assignee ? "viewer" : "developer";
  auto name = what.role.value_or(usual);
  if (who.may_in(project, role_named(name)))
    return caf::none;
  return make_error(ec::denied, "question " + what.id
                                  + " is for who has the role " + name + " in "
                                  + project);
}

} // namespace machine::gateway
