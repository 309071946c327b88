#pragma once

#include "actors/tenants/access_key.hpp"
#include "actors/tenants/principal.hpp"

#include <map>
#include <optional>
#include <string>

/// What clients see of principals and keys: all but the hashes.
namespace machine::tenants {

/// A principal for clients.
struct principal_view {
  std::string id;
  principal_kind kind = principal_kind::user;
  std::string name;
  std::optional<role> tenant_role;
  /// By project.
  std::map<std::string, role> projects;
  bool disabled = false;
  bool has_password = false;
  std::optional<timestamp> password_changed_at;
  timestamp created_at{};
  std::string created_by;

  static constexpr const char* wire_name = "principal_view";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"id", &principal_view::id},
      wire::field{"kind", &principal_view::kind},
      wire::field{"name", &principal_view::name},
      wire::field{"role", &principal_view::tenant_role},
      wire::field{"projects", &principal_view::projects},
      wire::field{"disabled", &principal_view::disabled},
      wire::field{"has_password", &principal_view::has_password},
      wire::field{"password_changed_at", &principal_view::password_changed_at},
      wire::field{"created_at", &principal_view::created_at},
      wire::field{"created_by", &principal_view::created_by});
  }

  bool operator==(const principal_view&) const = default;
};

enum class key_status : uint8_t { live, expired, revoked };

constexpr auto wire_names(key_status) {
  return std::array<std::pair<std::string_view, key_status>, 3>{{
    {"live", key_status::live},
    {"expired", key_status::expired},
    {"revoked", key_status::revoked},
  }};
}

/// A key or session for clients.
struct key_view {
  std::string id;
  key_kind kind = key_kind::api_key;
  std::string principal;
  std::string name;
  key_status status = key_status::live;
  std::optional<role> role_cap;
  std::optional<std::string> project;
  timestamp created_at{};
  std::string created_by;
  std::optional<timestamp> expires_at;
  std::optional<timestamp> last_used_at;
  std::optional<timestamp> revoked_at;
  std::optional<std::string> replaced_by;

  static constexpr const char* wire_name = "key_view";

  static constexpr auto fields() {
    return wire::members(wire::field{"id", &key_view::id},
                         wire::field{"kind", &key_view::kind},
                         wire::field{"principal", &key_view::principal},
                         wire::field{"name", &key_view::name},
                         wire::field{"status", &key_view::status},
                         wire::field{"role_cap", &key_view::role_cap},
                         wire::field{"project", &key_view::project},
                         wire::field{"created_at", &key_view::created_at},
                         wire::field{"created_by", &key_view::created_by},
                         wire::field{"expires_at", &key_view::expires_at},
                         wire::field{"last_used_at", &key_view::last_used_at},
                         wire::field{"revoked_at", &key_view::revoked_at},
                         wire::field{"replaced_by", &key_view::replaced_by});
  }

  bool operator==(const key_view&) const = default;
};

principal_view view_of(const principal& x);

/// *x* as it is at *now*.
key_view view_of(const access_key& x, timestamp now);

} // namespace machine::tenants
