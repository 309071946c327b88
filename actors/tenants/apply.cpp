#include "actors/tenants/bounds.hpp"
#include "actors/tenants/tenant.hpp"

#include <algorithm>

namespace machine::tenants {

namespace {

/// Makes one event part of the state. Every member is total: what an event
/// refers to and is not there is left alone.
struct tenant_applier {
  tenant_state& draft;
  timestamp at;

  void operator()(const tenant_created& x) {
    draft.exists = true;
    draft.name = x.name;
    draft.created_at = at;
    draft.created_by = x.by;
  }

  void operator()(const tenant_changed& x) {
    if (x.name)
      draft.name = *x.name;
    if (x.limits)
      draft.limits = *x.limits;
  }

  void operator()(const tenant_suspended&) {
    draft.status = tenant_status::suspended;
  }

  void operator()(const tenant_resumed&) {
    draft.status = tenant_status::active;
  }

  void operator()(const principal_added& x) {
    put(draft.principals, x.what);
  }

  void operator()(const principal_changed& x) {
    update(x.id, [&](principal& y) { change(y, x.edit); });
  }

  void operator()(const principal_disabled& x) {
    update(x.id, [](principal& y) { y.disabled = true; });
  }

  void operator()(const principal_enabled& x) {
    update(x.id, [](principal& y) { y.disabled = false; });
  }

  void operator()(const principal_removed& x) {
    drop(draft.principals, x.id);
  }

  void operator()(const password_set& x) {
    update(x.principal, [&](principal& y) {
      y.password = x.encoded;
      y.password_changed_at = at;
    });
  }

  void operator()(const key_added& x) {
    put(draft.keys, x.what);
    expect_end(x.what);
  }

  void operator()(const key_replaced& x) {
    auto i = draft.keys.find(x.id);
    if (i == draft.keys.end())
      return;
    auto& old = i->second;
    old.replaced_by = x.new_id;
    old.expires_at =
      old.expires_at ? std::min(*old.expires_at, x.expires_at) : x.expires_at;
    expect_end(old);
  }

  void operator()(const keys_revoked& x) {
    for (auto& id : x.ids)
      if (auto i = draft.keys.find(id);
          i != draft.keys.end() && !i->second.revoked_at) {
        i->second.revoked_at = at;
        expect_end(i->second);
      }
  }

  void operator()(const key_used& x) {
    if (auto i = draft.keys.find(x.id); i != draft.keys.end())
      i->second.last_used_at = at;
  }

  void operator()(const keys_forgotten& x) {
    for (auto& id : x.ids)
      drop(draft.keys, id);
    draft.next_forgotten.reset();
    for (auto& [id, key] : draft.keys)
      expect_end(key);
  }

  void operator()(const issuer_added& x) {
    put(draft.issuers, x.what);
  }

  void operator()(const issuer_removed& x) {
    drop(draft.issuers, x.id);
  }

  template <class T>
  void put(std::map<std::string, T>& in, const T& what) {
    drop(in, what.id);
    draft.size += size_of(what);
    in.emplace(what.id, what);
  }

  template <class T>
  void drop(std::map<std::string, T>& in, const std::string& id) {
    if (auto i = in.find(id); i != in.end()) {
      draft.size -= size_of(i->second);
      in.erase(i);
    }
  }

  template <class Fn>
  void update(const std::string& id, Fn fn) {
    if (auto i = draft.principals.find(id); i != draft.principals.end()) {
      draft.size -= size_of(i->second);
      fn(i->second);
      draft.size += size_of(i->second);
    }
  }

  /// Ends only ever come to be earlier, so the earliest one that was ever
  /// known is the next.
  void expect_end(const access_key& x) {
    if (auto end = end_of(x)) {
      auto due = later_by(*end, key_memory);
      draft.next_forgotten = std::min(draft.next_forgotten.value_or(due), due);
    }
  }
};

} // namespace

void tenant::apply(state& draft, const event& what, timestamp at) {
  std::visit(tenant_applier{draft, at}, what);
}

} // namespace machine::tenants
