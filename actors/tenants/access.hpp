#pragma once

#include "actors/tenants/state.hpp"

#include <map>
#include <optional>
#include <string>
#include <variant>

namespace machine::tenants {

/// What a key opens, for whom.
struct access_grant {
  std::string principal;
  principal_kind kind = principal_kind::user;
  key_kind key = key_kind::api_key;
  /// In all projects, and in what belongs to none; none for a key of one
  /// project.
  std::optional<role> tenant_role;
  /// By project, in addition.
  std::map<std::string, role> projects;
  /// The one project that the key is for.
  std::optional<std::string> project;
  /// When that principal was made: who had the name before is somebody else.
  timestamp principal_made_at{};

  bool operator==(const access_grant&) const = default;
};

/// Why a key opens nothing.
enum class key_refusal : uint8_t {
  unknown,
  revoked,
  expired,
  /// Its principal is.
  disabled,
  /// The tenant is.
  suspended,
};

constexpr auto wire_names(key_refusal) {
  return std::array<std::pair<std::string_view, key_refusal>, 5>{{
    {"unknown", key_refusal::unknown},
    {"revoked", key_refusal::revoked},
    {"expired", key_refusal::expired},
    {"disabled", key_refusal::disabled},
    {"suspended", key_refusal::suspended},
  }};
}

/// What a key gives, or why it gives nothing.
using resolution = std::variant<access_grant, key_refusal>;

/// What the key *id* gives at *at*: the roles of its principal, none of them
/// above the key's cap, and of a key for one project those in it.
///
/// Ids are no secret. Who asks compares the secret with the key's hash first,
/// and tells nobody else why a key is refused.
resolution resolve(const tenant_state& now, const std::string& id,
                   timestamp at);

/// The role that *x* gives in *project*, the higher of that there and that in
/// the tenant; none: it gives none.
std::optional<role> role_in(const access_grant& x, const std::string& project);

/// Whether who comes with *mine* may renew or end *other*, a key of the same
/// principal. A key that opens less than its principal may, or not for ever,
/// is for whoever is trusted with just that: it handles itself alone.
bool may_handle(const access_key& mine, const access_key& other);

} // namespace machine::tenants
