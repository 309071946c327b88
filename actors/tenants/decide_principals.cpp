#include "actors/tenants/bounds.hpp"
#include "actors/tenants/check.hpp"
#include "actors/tenants/decider.hpp"
#include "runtime/wire/document.hpp"

#include <algorithm>

/// Who belongs to a tenant.
namespace machine::tenants {

namespace {

caf::error check_principal(const principal& x) {
  if (auto err = check_id("principal", x.id))
    return err;
  if (auto err =
        check_text("the name of a principal", x.name, max_display_name))
    return err;
  if (x.projects.size() > max_project_roles)
    return make_error(ec::limit_exceeded,
                      "principal " + x.id + " would have roles in "
                        + std::to_string(x.projects.size())
                        + " projects; at most "
                        + std::to_string(max_project_roles)
                        + " are allowed, and a role in the tenant counts in "
                          "all of them");
  for (auto& [project, given] : x.projects)
    if (auto err = check_project(project))
      return err;
  return caf::none;
}

} // namespace

caf::error decider::operator()(const add_principal& x) {
  principal what;
  what.id = x.id;
  what.kind = x.kind;
  what.name = x.name;
  what.tenant_role = x.tenant_role;
  what.projects = x.projects;
  what.created_at = time();
  what.created_by = x.by;
  if (auto err = check_principal(what))
    return err;
  if (now().principals.contains(x.id))
    return make_error(ec::conflict, "tenant " + name() + " has a principal "
                                      + x.id
                                      + " already; change that one, or take "
                                        "another id");
  if (now().principals.size() >= max_principals)
    return make_error(ec::limit_exceeded,
                      "tenant " + name() + " has "
                        + std::to_string(max_principals)
                        + " principals, and no more are allowed; remove one");
  auto room = find_room(size_of(what));
  if (!room)
    return std::move(room.error());
  make_room(std::move(*room));
  return just(principal_added{std::move(what)});
}

caf::error decider::operator()(const change_principal& x) {
  auto found = find_principal(x.id);
  if (!found)
    return std::move(found.error());
  auto& before = **found;
  auto after = before;
  change(after, x.edit);
  if (after == before)
    return caf::none;
  if (auto err = check_principal(after))
    return err;
  if (!is_enabled_admin(after))
    if (auto err = check_admin_stays(before))
      return err;
  auto more = size_of(after);
  auto less = size_of(before);
  auto room = find_room(more > less ? more - less : 0);
  if (!room)
    return std::move(room.error());
  make_room(std::move(*room));
  return just(principal_changed{x.id, x.edit, x.by});
}

caf::error decider::operator()(const disable_principal& x) {
  auto found = find_principal(x.id);
  if (!found)
    return std::move(found.error());
  if ((*found)->disabled)
    return caf::none;
  if (auto err = check_admin_stays(**found))
    return err;
  to_.emit(principal_disabled{x.id, x.by});
  revoke(unrevoked_keys(now(), x.id), revoke_cause::principal_disabled, x.by);
  return caf::none;
}

caf::error decider::operator()(const enable_principal& x) {
  auto found = find_principal(x.id);
  if (!found)
    return std::move(found.error());
  if (!(*found)->disabled)
    return caf::none;
  return just(principal_enabled{x.id, x.by});
}

caf::error decider::operator()(const remove_principal& x) {
  auto found = find_principal(x.id);
  if (!found)
    return std::move(found.error());
  if (auto err = check_admin_stays(**found))
    return err;
  to_.emit(principal_removed{x.id, x.by});
  revoke(unrevoked_keys(now(), x.id), revoke_cause::principal_removed, x.by);
  return caf::none;
}

caf::error decider::operator()(const set_password& x) {
  auto found = find_principal(x.principal);
  if (!found)
    return std::move(found.error());
  auto& before = **found;
  if (before.kind != principal_kind::user)
    return make_error(ec::invalid_argument,
                      "principal " + x.principal
                        + " is a service, which has no password; give it a "
                          "key");
  if (x.old_set_at)
    if (auto err = check_password_stays(before, *x.old_set_at))
      return err;
  if (auto err =
        check_text("the hash of a password", x.encoded, max_encoded_password))
    return err;
  auto after = before;
  after.password = x.encoded;
  auto more = size_of(after);
  auto less = size_of(before);
  auto room = find_room(more > less ? more - less : 0);
  if (!room)
    return std::move(room.error());
  make_room(std::move(*room));
  to_.emit(password_set{x.principal, x.encoded, x.by});
  std::vector<std::string> sessions = unrevoked_keys(now(), x.principal);
  std::erase_if(sessions, [this](auto& id) {
    return now().keys.at(id).kind != key_kind::session;
  });
  revoke(sessions, revoke_cause::password_set, x.by);
  return caf::none;
}

caf::error decider::check_password_stays(const principal& x,
                                         timestamp set_at) const {
  if (x.password && x.password_changed_at == set_at)
    return caf::none;
  return make_error(ec::conflict, "principal " + x.id + " of tenant " + name()
                                    + " has another password since; sign in "
                                      "with that one");
}

caf::expected<const principal*>
decider::find_principal(const std::string& id) const {
  if (auto i = now().principals.find(id); i != now().principals.end())
    return &i->second;
  return make_error(ec::not_found, "tenant " + name() + " has no principal "
                                     + wire::excerpt(id));
}

caf::error decider::check_admin_stays(const principal& x) const {
  if (!is_enabled_admin(x))
    return caf::none;
  for (auto& [id, other] : now().principals)
    if (id != x.id && is_enabled_admin(other))
      return caf::none;
  return make_error(
    ec::conflict, "principal " + x.id + " is the last enabled admin of tenant "
                    + name() + "; make another one admin first");
}

} // namespace machine::tenants
