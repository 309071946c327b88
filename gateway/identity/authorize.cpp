#include "gateway/identity/authorize.hpp"

#include "actors/tenants/access.hpp"
#include "runtime/wire/kinds.hpp"

namespace machine::gateway {

namespace {

caf::error missing(const permission& what, const std::string& where) {
  return make_error(
    ec::denied, "this needs the role " + std::string{wire::to_name(what.need())}
                  + " " + where + "; ask an administrator of the tenant");
}

} // namespace

bool principal::may_to_machine(tenants::role need) const {
  return kind == nature::machine && may(need);
}

caf::error authorize(const permission& what, const principal& who,
                     const std::string& project) {
  using place = permission::place;
  switch (what.where()) {
    case place::anywhere:
    case place::known: return caf::none;
    case place::tenant:
      if (who.may(what.need()))
        return caf::none;
      return missing(what, "in the whole tenant " + who.tenant);
    case place::project:
    case place::run:
      if (who.may_in(project, what.need()))
        return caf::none;
      return missing(what, "in the project "
                             + (project.empty() ? "of the run" : project));
    case place::somewhere:
      if (who.may_somewhere(what.need()))
        return caf::none;
      return missing(what, "in a project of the tenant " + who.tenant);
    case place::machine:
      if (who.may_to_machine(what.need()))
        return caf::none;
      return make_error(ec::denied,
                        "this concerns the whole machine; only who runs it "
                        "may do it");
  }
  return make_error(ec::denied, "nobody may do this");
}

caf::error check_handling(const principal& who,
                          const tenants::tenant_state& now,
                          const std::string& what, const std::string& id) {
  auto other = now.keys.find(id);
  auto is_admin = who.may(tenants::role::admin);
  if (other == now.keys.end()
      || (!is_admin && other->second.principal != who.id))
    return make_error(ec::not_found, "there is no " + what + " " + id);
  auto mine = who.key ? now.keys.find(*who.key) : now.keys.end();
  if (is_admin || mine == now.keys.end()
      || tenants::may_handle(mine->second, other->second))
    return caf::none;
  return make_error(ec::denied, "the key that you use is limited, and may "
                                "renew or end itself alone; use one without "
                                "limits, or sign in");
}

} // namespace machine::gateway
