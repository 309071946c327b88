#pragma once

#include "actors/tenants/role.hpp"

#include <map>
#include <optional>
#include <string>

namespace machine::tenants {

enum class principal_kind : uint8_t {
  /// A person, who may have a password.
  user,
  /// A program, which has keys alone.
  service,
};

constexpr auto wire_names(principal_kind) {
  return std::array<std::pair<std::string_view, principal_kind>, 2>{{
    {"user", principal_kind::user},
    {"service", principal_kind::service},
  }};
}

/// A user or service of a tenant.
struct principal {
  /// 1 to 64 characters of `A-Za-z0-9._@-`.
  std::string id;
  principal_kind kind = principal_kind::user;
  /// For people.
  std::string name;
  /// In all projects, and in what belongs to none.
  std::optional<role> tenant_role;
  /// By project; the higher one counts where there is one in the tenant, too.
  std::map<std::string, role> projects;
  bool disabled = false;
  /// The hash of the password with its parameters and salt, as text. Leaves the
  /// machine nowhere; see `principal_view`.
  std::optional<std::string> password;
  std::optional<timestamp> password_changed_at;
  timestamp created_at{};
  std::string created_by;

  static constexpr const char* wire_name = "principal";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"id", &principal::id}, wire::field{"kind", &principal::kind},
      wire::field{"name", &principal::name},
      wire::field{"role", &principal::tenant_role},
      wire::field{"projects", &principal::projects},
      wire::field{"disabled", &principal::disabled},
      wire::field{"password", &principal::password},
      wire::field{"password_changed_at", &principal::password_changed_at},
      wire::field{"created_at", &principal::created_at},
      wire::field{"created_by", &principal::created_by});
  }

  bool operator==(const principal&) const = default;
};

/// A role that may be taken away.
struct role_grant {
  /// None: no role any more.
  std::optional<role> given;

  static constexpr const char* wire_name = "role_grant";

  static constexpr auto fields() {
    return wire::members(wire::field{"role", &role_grant::given});
  }

  bool operator==(const role_grant&) const = default;
};

/// What a change of a principal changes; what is missing stays.
struct principal_edit {
  std::optional<std::string> name;
  std::optional<role_grant> tenant_role;
  /// By project.
  std::map<std::string, role_grant> projects;

  static constexpr const char* wire_name = "principal_edit";

  static constexpr auto fields() {
    return wire::members(wire::field{"name", &principal_edit::name},
                         wire::field{"role", &principal_edit::tenant_role},
                         wire::field{"projects", &principal_edit::projects});
  }

  bool operator==(const principal_edit&) const = default;
};

/// Makes *edit* part of *draft*.
void change(principal& draft, const principal_edit& edit);

/// Whether *x* may say who may do what in all of its tenant.
bool is_enabled_admin(const principal& x);

/// At least what *x* takes in a snapshot, in bytes.
uint64_t size_of(const principal& x);

} // namespace machine::tenants
