#include "actors/tenants/access_key.hpp"

#include "actors/tenants/bounds.hpp"

#include <algorithm>

namespace machine::tenants {

namespace {

/// Names of members, the hash, kinds, times, and the id of another key.
constexpr uint64_t key_overhead = 384;

} // namespace

bool is_idle(const access_key& x, timestamp now) {
  return x.kind == key_kind::session
      && now >= later_by(x.last_used_at.value_or(x.created_at), session_idle);
}

bool is_live(const access_key& x, timestamp now) {
  return !x.revoked_at && (!x.expires_at || now < *x.expires_at)
      && !is_idle(x, now);
}

std::optional<timestamp> end_of(const access_key& x) {
  if (x.revoked_at && x.expires_at)
    return std::min(*x.revoked_at, *x.expires_at);
  return x.revoked_at ? x.revoked_at : x.expires_at;
}

timestamp later_by(timestamp x, duration more) {
  return x > timestamp::max() - more ? timestamp::max() : x + more;
}

uint64_t size_of(const access_key& x) {
  return key_overhead + 2 * x.id.size() + x.principal.size() + x.name.size()
       + x.project.value_or("").size() + x.created_by.size();
}

} // namespace machine::tenants
