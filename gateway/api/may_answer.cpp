#include "gateway/api/may_answer.hpp"

namespace machine::gateway {

using tenants::role;

caf::error may_answer(const principal& who, const std::string& project,
                      const orchestrator::interrupt& what) {
  if (who.may_in(project, role::admin))
    return caf::none;
  if (what.assignee && *what.assignee != who.id)
    return make_error(ec::denied, "question " + what.id + " is for "
                                    + *what.assignee + " to answer");
  auto usual = what.assignee ? "viewer" : "developer";
  auto name = what.role.value_or(usual);
  // A name of no role is met by nobody but an administrator.
  auto need = wire::from_name<role>(name).value_or(role::admin);
  if (who.may_in(project, need))
    return caf::none;
  return make_error(ec::denied, "question " + what.id
                                  + " is for who has the role " + name + " in "
                                  + project);
}

} // namespace machine::gateway
