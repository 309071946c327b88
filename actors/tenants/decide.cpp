#include "actors/tenants/bounds.hpp"
#include "actors/tenants/check.hpp"
#include "actors/tenants/decider.hpp"
#include "runtime/wire/document.hpp"

#include <algorithm>

namespace machine::tenants {

namespace {

caf::error check_limits(const tenant_limits& x) {
  auto check = [](const char* what, const std::optional<uint32_t>& is) {
    if (!is || (*is >= 1 && *is <= max_limit))
      return caf::error{};
    return make_error(ec::invalid_argument,
                      std::string{what} + " is " + std::to_string(*is)
                        + "; it goes from 1 to " + std::to_string(max_limit)
                        + ", and without it there is no limit");
  };
  if (auto err = check("requests_per_second", x.requests_per_second))
    return err;
  if (auto err = check("burst", x.burst))
    return err;
  return check("streams", x.streams);
}

/// What is asked of every command before it is looked at.
template <class Command>
caf::error check_command(const decider& it, const Command& x) {
  if constexpr (!std::is_same_v<Command, create_tenant>)
    if (auto err = it.check_exists())
      return err;
  if constexpr (requires { x.by; })
    return check_author(x.by);
  else
    return caf::none;
}

} // namespace

caf::error tenant::decide(entity::draft<tenant>& to, const command& what) {
  return std::visit(
    [&](const auto& x) {
      decider it{to};
      if (auto err = check_command(it, x))
        return err;
      return it(x);
    },
    what);
}

caf::error decider::operator()(const create_tenant& x) {
  if (now().exists)
    return make_error(ec::conflict, "tenant " + name() + " exists already");
  if (to_.ctx().key.tenant != system_tenant)
    return make_error(ec::invalid_argument,
                      "tenant " + wire::excerpt(name())
                        + " cannot belong to another one; tenants belong to "
                        + system_tenant);
  if (auto err = check_tenant_name(name()))
    return err;
  if (auto err = check_text("the name of a tenant", x.name, max_display_name))
    return err;
  return just(tenant_created{x.name, x.by});
}

caf::error decider::operator()(const change_tenant& x) {
  if (x.name)
    if (auto err =
          check_text("the name of a tenant", *x.name, max_display_name))
      return err;
  if (x.limits)
    if (auto err = check_limits(*x.limits))
      return err;
  if (x.name.value_or(now().name) == now().name
      && x.limits.value_or(now().limits) == now().limits)
    return caf::none;
  return just(tenant_changed{x.name, x.limits, x.by});
}

caf::error decider::operator()(const suspend_tenant& x) {
  if (now().status == tenant_status::suspended)
    return caf::none;
  return just(tenant_suspended{x.by});
}

caf::error decider::operator()(const resume_tenant& x) {
  if (now().status == tenant_status::active)
    return caf::none;
  return just(tenant_resumed{x.by});
}

caf::error decider::operator()(const add_issuer& x) {
  if (auto err = check_issuer(x.what))
    return err;
  if (auto i = now().issuers.find(x.what.id); i != now().issuers.end()) {
    if (i->second == x.what)
      return caf::none;
    return make_error(ec::conflict, "tenant " + name() + " has another issuer "
                                      + x.what.id
                                      + "; remove that one first, or take "
                                        "another id");
  }
  // Of two that are the same to a token, nobody knows which one gives roles.
  for (auto& [id, y] : now().issuers)
    if (y.issuer == x.what.issuer && y.audience == x.what.audience)
      return make_error(ec::conflict,
                        "issuer " + id + " of tenant " + name()
                          + " has the same name and audience; remove that one "
                            "first");
  if (now().issuers.size() >= max_issuers)
    return make_error(ec::limit_exceeded,
                      "tenant " + name() + " has " + std::to_string(max_issuers)
                        + " issuers, and no more are allowed; remove one");
  auto room = find_room(size_of(x.what));
  if (!room)
    return std::move(room.error());
  make_room(std::move(*room));
  return just(issuer_added{x.what, x.by});
}

caf::error decider::operator()(const remove_issuer& x) {
  if (!now().issuers.contains(x.id))
    return make_error(ec::not_found, "tenant " + name() + " has no issuer "
                                       + wire::excerpt(x.id));
  return just(issuer_removed{x.id, x.by});
}

caf::error decider::check_exists() const {
  if (now().exists)
    return caf::none;
  return make_error(ec::not_found, "there is no tenant " + wire::excerpt(name())
                                     + "; make it before it is used");
}

caf::error decider::just(tenant_event what) {
  to_.emit(std::move(what));
  return caf::none;
}

caf::expected<std::vector<std::string>>
decider::find_room(uint64_t more) const {
  if (more == 0 || now().size + more <= max_tenant_bytes)
    return std::vector<std::string>{};
  // Many at once, so that not every key has to look for one that may go.
  auto ids = ended_keys(now(), time(), max_keys_per_event);
  uint64_t gained = 0;
  for (auto& id : ids)
    gained += size_of(now().keys.at(id));
  if (now().size - gained + more <= max_tenant_bytes)
    return ids;
  return make_error(ec::limit_exceeded,
                    "principals, keys and issuers of tenant " + name()
                      + " take " + std::to_string(now().size) + " of "
                      + std::to_string(max_tenant_bytes)
                      + " bytes, and no more fits; revoke keys, or remove "
                        "principals that nobody needs");
}

void decider::make_room(std::vector<std::string> ids) {
  if (!ids.empty())
    to_.emit(keys_forgotten{std::move(ids)});
}

} // namespace machine::tenants
