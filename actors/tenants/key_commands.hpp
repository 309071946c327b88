#pragma once

#include "actors/tenants/access_key.hpp"

#include <optional>
#include <string>

/// What a tenant may be asked to do with keys and sessions.
namespace machine::tenants {

/// Adds a key whose secret was shown already. Asking again changes nothing; of
/// sessions above their bound the oldest one ends.
struct add_key {
  std::string id;
  key_kind kind = key_kind::api_key;
  std::string principal;
  std::string name;
  std::string hash;
  std::optional<role> role_cap;
  std::optional<std::string> project;
  /// A session needs one, at most `max_session_life` from now.
  std::optional<timestamp> expires_at;
  std::string by;
  /// When the password was set with which a session begins; `conflict` if
  /// another one was set since. None: it begins with none.
  std::optional<timestamp> password_at{};

  static constexpr const char* wire_name = "add_key";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"id", &add_key::id}, wire::field{"kind", &add_key::kind},
      wire::field{"principal", &add_key::principal},
      wire::field{"name", &add_key::name}, wire::field{"hash", &add_key::hash},
      wire::field{"role_cap", &add_key::role_cap},
      wire::field{"project", &add_key::project},
      wire::field{"expires_at", &add_key::expires_at},
      wire::field{"by", &add_key::by},
      wire::field{"password_at", &add_key::password_at});
  }

  bool operator==(const add_key&) const = default;
};

/// Makes a key that may do the same as another one, and lives as long, in its
/// place. Asking again changes nothing.
struct rotate_key {
  std::string id;
  std::string new_id;
  std::string new_hash;
  /// How long the old one may go on; 0 to 7 days.
  duration grace{};
  /// Whether the new one has the whole time again that the old one had; else
  /// it ends when that was to end.
  bool renew = false;
  std::string by;

  static constexpr const char* wire_name = "rotate_key";

  static constexpr auto fields() {
    return wire::members(wire::field{"id", &rotate_key::id},
                         wire::field{"new_id", &rotate_key::new_id},
                         wire::field{"new_hash", &rotate_key::new_hash},
                         wire::field{"grace", &rotate_key::grace},
                         wire::field{"renew", &rotate_key::renew},
                         wire::field{"by", &rotate_key::by});
  }

  bool operator==(const rotate_key&) const = default;
};

struct revoke_key {
  std::string id;
  std::string by;

  static constexpr const char* wire_name = "revoke_key";

  static constexpr auto fields() {
    return wire::members(wire::field{"id", &revoke_key::id},
                         wire::field{"by", &revoke_key::by});
  }

  bool operator==(const revoke_key&) const = default;
};

/// A key has opened something. No event if that is known well enough.
struct note_key_use {
  std::string id;

  static constexpr const char* wire_name = "note_key_use";

  static constexpr auto fields() {
    return wire::members(wire::field{"id", &note_key_use::id});
  }

  bool operator==(const note_key_use&) const = default;
};

struct end_sessions {
  std::string principal;
  std::string by;

  static constexpr const char* wire_name = "end_sessions";

  static constexpr auto fields() {
    return wire::members(wire::field{"principal", &end_sessions::principal},
                         wire::field{"by", &end_sessions::by});
  }

  bool operator==(const end_sessions&) const = default;
};

} // namespace machine::tenants
