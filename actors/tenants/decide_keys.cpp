#include "actors/tenants/bounds.hpp"
#include "actors/tenants/check.hpp"
#include "actors/tenants/decider.hpp"
#include "runtime/wire/document.hpp"

#include <algorithm>

/// What opens a tenant.
namespace machine::tenants {

namespace {

caf::error check_life(const access_key& x, timestamp now) {
  auto is_session = x.kind == key_kind::session;
  if (!x.expires_at) {
    if (!is_session)
      return caf::none;
    return make_error(ec::invalid_argument,
                      "session " + x.id
                        + " has no end; give it one, at most 30 days from now");
  }
  if (*x.expires_at <= now)
    return make_error(ec::invalid_argument,
                      "key " + x.id
                        + " would expire before it is there; give it a later "
                          "end");
  auto most = is_session ? max_session_life : max_key_life;
  if (*x.expires_at > later_by(now, most))
    return make_error(ec::invalid_argument,
                      "key " + x.id + " would live too long; at most "
                        + std::to_string(most / std::chrono::hours{24})
                        + " days are allowed"
                        + (is_session ? "" : ", or leave its end out"));
  return caf::none;
}

/// Whether adding *x* was decided already.
bool is_same(const access_key& there, const access_key& x) {
  return there.principal == x.principal && there.kind == x.kind
      && there.hash == x.hash && there.role_cap == x.role_cap
      && there.project == x.project;
}

} // namespace

caf::error decider::operator()(const add_key& x) {
  access_key what;
  what.id = x.id;
  what.kind = x.kind;
  what.principal = x.principal;
  what.name = x.name;
  what.hash = x.hash;
  what.role_cap = x.role_cap;
  what.project = x.project;
  what.created_at = time();
  what.created_by = x.by;
  what.expires_at = x.expires_at;
  auto there = now().keys.find(x.id);
  if (there != now().keys.end() && is_same(there->second, what)
      && is_live(there->second, time()))
    return caf::none;
  if (auto err = check_key(what))
    return err;
  if (auto err = check_life(what, time()))
    return err;
  if (x.password_at)
    if (auto err = check_password_stays(now().principals.at(x.principal),
                                        *x.password_at))
      return err;
  std::vector<std::string> too_many;
  if (x.kind == key_kind::session)
    too_many = sessions_too_many(x.principal);
  else if (auto err = check_key_count(x.principal, ""))
    return err;
  auto room = find_room(size_of(what));
  if (!room)
    return std::move(room.error());
  make_room(std::move(*room));
  revoke(too_many, revoke_cause::too_many_sessions, x.by);
  return just(key_added{std::move(what)});
}

caf::error decider::operator()(const rotate_key& x) {
  auto found = find_key(x.id);
  if (!found)
    return std::move(found.error());
  auto& old = **found;
  auto refuse = [&](ec code, const std::string& why) {
    return make_error(code, "key " + x.id + " of tenant " + name() + " " + why);
  };
  if (old.kind == key_kind::session)
    return refuse(ec::invalid_argument,
                  "is a session, which is not rotated; sign in again");
  if (old.replaced_by == x.new_id)
    if (auto i = now().keys.find(x.new_id);
        i != now().keys.end() && i->second.hash == x.new_hash)
      return caf::none;
  if (old.revoked_at)
    return refuse(ec::conflict, "was revoked; make a new one");
  if (!is_live(old, time()))
    return refuse(ec::conflict, "has expired; make a new one");
  if (old.replaced_by)
    return refuse(ec::conflict, "was replaced by key " + *old.replaced_by
                                  + " already; rotate that one");
  if (x.grace < duration::zero() || x.grace > max_grace)
    return refuse(ec::invalid_argument,
                  "cannot go on for " + std::to_string(x.grace.count())
                    + " ms beside a new one; 0 to 7 days are allowed");
  auto what = old;
  what.id = x.new_id;
  what.hash = x.new_hash;
  what.created_at = time();
  what.created_by = x.by;
  what.last_used_at.reset();
  if (old.expires_at && x.renew) {
    auto life = *old.expires_at - old.created_at;
    what.expires_at = later_by(
      time(), std::min(std::chrono::ceil<duration>(life), max_key_life));
  }
  if (auto err = check_key(what))
    return err;
  auto end = time() + x.grace;
  auto is_over = x.grace == duration::zero();
  if (auto err = check_key_count(old.principal, is_over ? x.id : ""))
    return err;
  auto room = find_room(size_of(what));
  if (!room)
    return std::move(room.error());
  make_room(std::move(*room));
  to_.emit(key_replaced{x.id, x.new_id, end, x.by});
  return just(key_added{std::move(what)});
}

caf::error decider::operator()(const revoke_key& x) {
  auto found = find_key(x.id);
  if (!found)
    return std::move(found.error());
  if (!(*found)->revoked_at)
    revoke({x.id}, revoke_cause::asked, x.by);
  return caf::none;
}

caf::error decider::operator()(const note_key_use& x) {
  auto found = find_key(x.id);
  if (!found)
    return std::move(found.error());
  auto& key = **found;
  auto is_known =
    key.last_used_at && time() <= later_by(*key.last_used_at, key_use_interval);
  if (is_known || !is_live(key, time()))
    return caf::none;
  return just(key_used{x.id});
}

caf::error decider::operator()(const end_sessions& x) {
  if (auto found = find_principal(x.principal); !found)
    return std::move(found.error());
  auto sessions = unrevoked_keys(now(), x.principal);
  std::erase_if(sessions, [this](auto& id) {
    return now().keys.at(id).kind != key_kind::session;
  });
  revoke(sessions, revoke_cause::signed_out, x.by);
  return caf::none;
}

caf::error decider::operator()(const prune_keys&) {
  if (time() < timestamp::min() + key_memory)
    return caf::none;
  auto ids = ended_keys(now(), time() - key_memory, max_keys_per_event);
  make_room(std::move(ids));
  return caf::none;
}

caf::expected<const access_key*>
decider::find_key(const std::string& id) const {
  if (auto i = now().keys.find(id); i != now().keys.end())
    return &i->second;
  return make_error(ec::not_found,
                    "tenant " + name() + " has no key " + wire::excerpt(id));
}

void decider::revoke(const std::vector<std::string>& ids, revoke_cause cause,
                     const std::string& by) {
  for (size_t i = 0; i < ids.size(); i += max_keys_per_event) {
    keys_revoked part;
    auto end = std::min(ids.size(), i + max_keys_per_event);
    for (auto j = i; j < end; ++j)
      part.ids.push_back(ids[j]);
    part.cause = cause;
    part.by = by;
    to_.emit(std::move(part));
  }
}

caf::error decider::check_key(const access_key& x) const {
  if (auto err = check_key_id(x.id))
    return err;
  if (auto err = check_key_hash(x.hash))
    return err;
  if (auto err = check_text("the name of a key", x.name, max_display_name))
    return err;
  if (x.project)
    if (auto err = check_project(*x.project))
      return err;
  auto owner = find_principal(x.principal);
  if (!owner)
    return std::move(owner.error());
  if ((*owner)->disabled)
    return make_error(ec::conflict, "principal " + x.principal + " of tenant "
                                      + name()
                                      + " is disabled; enable it before it "
                                        "gets a key");
  if (now().keys.contains(x.id))
    return make_error(ec::conflict, "tenant " + name() + " had a key " + x.id
                                      + " already; take another id");
  return caf::none;
}

caf::error decider::check_key_count(const std::string& principal,
                                    const std::string& without) const {
  auto live = live_keys(now(), principal, key_kind::api_key, time());
  std::erase_if(live, [&](auto* x) { return x->id == without; });
  if (live.size() < max_live_keys)
    return caf::none;
  return make_error(ec::limit_exceeded,
                    "principal " + principal + " of tenant " + name() + " has "
                      + std::to_string(live.size())
                      + " keys, and no more are allowed; revoke one");
}

std::vector<std::string>
decider::sessions_too_many(const std::string& principal) const {
  auto live = live_keys(now(), principal, key_kind::session, time());
  std::vector<std::string> result;
  for (auto* x : live)
    if (result.size() + max_live_sessions <= live.size())
      result.push_back(x->id);
  return result;
}

} // namespace machine::tenants
