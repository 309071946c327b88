#pragma once

#include "actors/tenants/key_commands.hpp"
#include "actors/tenants/limits.hpp"
#include "actors/tenants/principal.hpp"
#include "actors/tenants/token_issuer.hpp"
#include "runtime/wire/codec.hpp"

#include <map>
#include <optional>
#include <string>
#include <variant>

/// What a tenant may be asked to do. In all commands that people give, `by` is
/// the id of the principal that gives it; whether it may is not asked here.
namespace machine::tenants {

struct create_tenant {
  std::string name;
  std::string by;

  static constexpr const char* wire_name = "create_tenant";

  static constexpr auto fields() {
    return wire::members(wire::field{"name", &create_tenant::name},
                         wire::field{"by", &create_tenant::by});
  }

  bool operator==(const create_tenant&) const = default;
};

/// What is missing stays; limits are replaced together.
struct change_tenant {
  std::optional<std::string> name;
  std::optional<tenant_limits> limits;
  std::string by;

  static constexpr const char* wire_name = "change_tenant";

  static constexpr auto fields() {
    return wire::members(wire::field{"name", &change_tenant::name},
                         wire::field{"limits", &change_tenant::limits},
                         wire::field{"by", &change_tenant::by});
  }

  bool operator==(const change_tenant&) const = default;
};

/// Lets nobody of the tenant in any more. What it is asked to do is still done.
struct suspend_tenant {
  std::string by;

  static constexpr const char* wire_name = "suspend_tenant";

  static constexpr auto fields() {
    return wire::members(wire::field{"by", &suspend_tenant::by});
  }

  bool operator==(const suspend_tenant&) const = default;
};

struct resume_tenant {
  std::string by;

  static constexpr const char* wire_name = "resume_tenant";

  static constexpr auto fields() {
    return wire::members(wire::field{"by", &resume_tenant::by});
  }

  bool operator==(const resume_tenant&) const = default;
};

struct add_principal {
  std::string id;
  principal_kind kind = principal_kind::user;
  std::string name;
  std::optional<role> tenant_role;
  /// By project.
  std::map<std::string, role> projects;
  std::string by;

  static constexpr const char* wire_name = "add_principal";

  static constexpr auto fields() {
    return wire::members(wire::field{"id", &add_principal::id},
                         wire::field{"kind", &add_principal::kind},
                         wire::field{"name", &add_principal::name},
                         wire::field{"role", &add_principal::tenant_role},
                         wire::field{"projects", &add_principal::projects},
                         wire::field{"by", &add_principal::by});
  }

  bool operator==(const add_principal&) const = default;
};

struct change_principal {
  std::string id;
  principal_edit edit;
  std::string by;

  static constexpr const char* wire_name = "change_principal";

  static constexpr auto fields() {
    return wire::members(wire::field{"id", &change_principal::id},
                         wire::field{"edit", &change_principal::edit},
                         wire::field{"by", &change_principal::by});
  }

  bool operator==(const change_principal&) const = default;
};

/// Lets the principal in no more, and revokes all of its keys for good.
struct disable_principal {
  std::string id;
  std::string by;

  static constexpr const char* wire_name = "disable_principal";

  static constexpr auto fields() {
    return wire::members(wire::field{"id", &disable_principal::id},
                         wire::field{"by", &disable_principal::by});
  }

  bool operator==(const disable_principal&) const = default;
};

struct enable_principal {
  std::string id;
  std::string by;

  static constexpr const char* wire_name = "enable_principal";

  static constexpr auto fields() {
    return wire::members(wire::field{"id", &enable_principal::id},
                         wire::field{"by", &enable_principal::by});
  }

  bool operator==(const enable_principal&) const = default;
};

/// Revokes all of its keys, too.
struct remove_principal {
  std::string id;
  std::string by;

  static constexpr const char* wire_name = "remove_principal";

  static constexpr auto fields() {
    return wire::members(wire::field{"id", &remove_principal::id},
                         wire::field{"by", &remove_principal::by});
  }

  bool operator==(const remove_principal&) const = default;
};

/// Ends the sessions of a user, whose keys stay.
struct set_password {
  std::string principal;
  /// The hash with its parameters and salt, as text.
  std::string encoded;
  std::string by;
  /// When the password was set that this one takes the place of; `conflict` if
  /// another one was set since. None: it takes the place of any.
  std::optional<timestamp> old_set_at{};

  static constexpr const char* wire_name = "set_password";

  static constexpr auto fields() {
    return wire::members(wire::field{"principal", &set_password::principal},
                         wire::field{"encoded", &set_password::encoded},
                         wire::field{"by", &set_password::by},
                         wire::field{"old_set_at", &set_password::old_set_at});
  }

  bool operator==(const set_password&) const = default;
};

/// Adding the same one again changes nothing.
struct add_issuer {
  token_issuer what;
  std::string by;

  static constexpr const char* wire_name = "add_issuer";

  static constexpr auto fields() {
    return wire::members(wire::field{"issuer", &add_issuer::what},
                         wire::field{"by", &add_issuer::by});
  }

  bool operator==(const add_issuer&) const = default;
};

struct remove_issuer {
  std::string id;
  std::string by;

  static constexpr const char* wire_name = "remove_issuer";

  static constexpr auto fields() {
    return wire::members(wire::field{"id", &remove_issuer::id},
                         wire::field{"by", &remove_issuer::by});
  }

  bool operator==(const remove_issuer&) const = default;
};

/// The entity's own: forgets keys that ended `key_memory` ago.
struct prune_keys {
  static constexpr const char* wire_name = "prune_keys";

  static constexpr auto fields() {
    return wire::members();
  }

  bool operator==(const prune_keys&) const = default;
};

using tenant_command =
  std::variant<create_tenant, change_tenant, suspend_tenant, resume_tenant,
               add_principal, change_principal, disable_principal,
               enable_principal, remove_principal, set_password, add_key,
               rotate_key, revoke_key, note_key_use, end_sessions, add_issuer,
               remove_issuer, prune_keys>;

} // namespace machine::tenants

// Compiled once, in codec.cpp.
extern template struct machine::wire::codec<machine::tenants::tenant_command>;
extern template struct machine::wire::message_codec<
  machine::tenants::tenant_command>;
