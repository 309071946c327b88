#pragma once

#include "actors/tenants/access_key.hpp"
#include "actors/tenants/limits.hpp"
#include "actors/tenants/principal.hpp"
#include "actors/tenants/token_issuer.hpp"
#include "runtime/wire/codec.hpp"

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

/// What happens to a tenant. In all events, `by` is the id of the principal
/// that asked for it.
namespace machine::tenants {

struct tenant_created {
  std::string name;
  std::string by;

  static constexpr const char* wire_name = "tenant_created";

  static constexpr auto fields() {
    return wire::members(wire::field{"name", &tenant_created::name},
                         wire::field{"by", &tenant_created::by});
  }

  bool operator==(const tenant_created&) const = default;
};

/// What is missing stayed.
struct tenant_changed {
  std::optional<std::string> name;
  std::optional<tenant_limits> limits;
  std::string by;

  static constexpr const char* wire_name = "tenant_changed";

  static constexpr auto fields() {
    return wire::members(wire::field{"name", &tenant_changed::name},
                         wire::field{"limits", &tenant_changed::limits},
                         wire::field{"by", &tenant_changed::by});
  }

  bool operator==(const tenant_changed&) const = default;
};

struct tenant_suspended {
  std::string by;

  static constexpr const char* wire_name = "tenant_suspended";

  static constexpr auto fields() {
    return wire::members(wire::field{"by", &tenant_suspended::by});
  }

  bool operator==(const tenant_suspended&) const = default;
};

struct tenant_resumed {
  std::string by;

  static constexpr const char* wire_name = "tenant_resumed";

  static constexpr auto fields() {
    return wire::members(wire::field{"by", &tenant_resumed::by});
  }

  bool operator==(const tenant_resumed&) const = default;
};

struct principal_added {
  principal what;

  static constexpr const char* wire_name = "principal_added";

  static constexpr auto fields() {
    return wire::members(wire::field{"principal", &principal_added::what});
  }

  bool operator==(const principal_added&) const = default;
};

struct principal_changed {
  std::string id;
  principal_edit edit;
  std::string by;

  static constexpr const char* wire_name = "principal_changed";

  static constexpr auto fields() {
    return wire::members(wire::field{"id", &principal_changed::id},
                         wire::field{"edit", &principal_changed::edit},
                         wire::field{"by", &principal_changed::by});
  }

  bool operator==(const principal_changed&) const = default;
};

struct principal_disabled {
  std::string id;
  std::string by;

  static constexpr const char* wire_name = "principal_disabled";

  static constexpr auto fields() {
    return wire::members(wire::field{"id", &principal_disabled::id},
                         wire::field{"by", &principal_disabled::by});
  }

  bool operator==(const principal_disabled&) const = default;
};

struct principal_enabled {
  std::string id;
  std::string by;

  static constexpr const char* wire_name = "principal_enabled";

  static constexpr auto fields() {
    return wire::members(wire::field{"id", &principal_enabled::id},
                         wire::field{"by", &principal_enabled::by});
  }

  bool operator==(const principal_enabled&) const = default;
};

struct principal_removed {
  std::string id;
  std::string by;

  static constexpr const char* wire_name = "principal_removed";

  static constexpr auto fields() {
    return wire::members(wire::field{"id", &principal_removed::id},
                         wire::field{"by", &principal_removed::by});
  }

  bool operator==(const principal_removed&) const = default;
};

struct password_set {
  std::string principal;
  std::string encoded;
  std::string by;

  static constexpr const char* wire_name = "password_set";

  static constexpr auto fields() {
    return wire::members(wire::field{"principal", &password_set::principal},
                         wire::field{"encoded", &password_set::encoded},
                         wire::field{"by", &password_set::by});
  }

  bool operator==(const password_set&) const = default;
};

struct key_added {
  access_key what;

  static constexpr const char* wire_name = "key_added";

  static constexpr auto fields() {
    return wire::members(wire::field{"key", &key_added::what});
  }

  bool operator==(const key_added&) const = default;
};

/// Another key was made in the place of this one, which ends now or soon.
struct key_replaced {
  std::string id;
  std::string new_id;
  timestamp expires_at{};
  std::string by;

  static constexpr const char* wire_name = "key_replaced";

  static constexpr auto fields() {
    return wire::members(wire::field{"id", &key_replaced::id},
                         wire::field{"new_id", &key_replaced::new_id},
                         wire::field{"expires_at", &key_replaced::expires_at},
                         wire::field{"by", &key_replaced::by});
  }

  bool operator==(const key_replaced&) const = default;
};

/// Why keys were revoked.
enum class revoke_cause : uint8_t {
  /// Somebody asked for just that.
  asked,
  signed_out,
  password_set,
  /// There were more sessions than one principal may have.
  too_many_sessions,
  principal_disabled,
  principal_removed,
};

constexpr auto wire_names(revoke_cause) {
  return std::array<std::pair<std::string_view, revoke_cause>, 6>{{
    {"asked", revoke_cause::asked},
    {"signed_out", revoke_cause::signed_out},
    {"password_set", revoke_cause::password_set},
    {"too_many_sessions", revoke_cause::too_many_sessions},
    {"principal_disabled", revoke_cause::principal_disabled},
    {"principal_removed", revoke_cause::principal_removed},
  }};
}

struct keys_revoked {
  std::vector<std::string> ids;
  revoke_cause cause = revoke_cause::asked;
  std::string by;

  static constexpr const char* wire_name = "keys_revoked";

  static constexpr auto fields() {
    return wire::members(wire::field{"ids", &keys_revoked::ids},
                         wire::field{"cause", &keys_revoked::cause},
                         wire::field{"by", &keys_revoked::by});
  }

  bool operator==(const keys_revoked&) const = default;
};

/// A key was used; see `key_use_interval`.
struct key_used {
  std::string id;

  static constexpr const char* wire_name = "key_used";

  static constexpr auto fields() {
    return wire::members(wire::field{"id", &key_used::id});
  }

  bool operator==(const key_used&) const = default;
};

/// Nothing is known any more of keys that have ended.
struct keys_forgotten {
  std::vector<std::string> ids;

  static constexpr const char* wire_name = "keys_forgotten";

  static constexpr auto fields() {
    return wire::members(wire::field{"ids", &keys_forgotten::ids});
  }

  bool operator==(const keys_forgotten&) const = default;
};

struct issuer_added {
  token_issuer what;
  std::string by;

  static constexpr const char* wire_name = "issuer_added";

  static constexpr auto fields() {
    return wire::members(wire::field{"issuer", &issuer_added::what},
                         wire::field{"by", &issuer_added::by});
  }

  bool operator==(const issuer_added&) const = default;
};

struct issuer_removed {
  std::string id;
  std::string by;

  static constexpr const char* wire_name = "issuer_removed";

  static constexpr auto fields() {
    return wire::members(wire::field{"id", &issuer_removed::id},
                         wire::field{"by", &issuer_removed::by});
  }

  bool operator==(const issuer_removed&) const = default;
};

/// Everything that may stand in the log of a tenant.
using tenant_event =
  std::variant<tenant_created, tenant_changed, tenant_suspended, tenant_resumed,
               principal_added, principal_changed, principal_disabled,
               principal_enabled, principal_removed, password_set, key_added,
               key_replaced, keys_revoked, key_used, keys_forgotten,
               issuer_added, issuer_removed>;

} // namespace machine::tenants

// Compiled once, in codec.cpp.
extern template struct machine::wire::codec<machine::tenants::tenant_event>;
extern template struct machine::wire::message_codec<
  machine::tenants::tenant_event>;
