#pragma once

#include "actors/tenants/role.hpp"

#include <optional>
#include <string>

namespace machine::tenants {

enum class key_kind : uint8_t {
  /// For programs; lives until it is revoked, or as long as it says.
  api_key,
  /// Of somebody who has signed in; always ends by itself.
  session,
};

constexpr auto wire_names(key_kind) {
  return std::array<std::pair<std::string_view, key_kind>, 2>{{
    {"api_key", key_kind::api_key},
    {"session", key_kind::session},
  }};
}

/// What opens a tenant to one of its principals. The secret itself is kept
/// nowhere.
struct access_key {
  /// 12 lower-case letters and digits, which may be shown.
  std::string id;
  key_kind kind = key_kind::api_key;
  std::string principal;
  /// For people.
  std::string name;
  /// Of the secret: 64 lower-case hexadecimal digits. Leaves the machine
  /// nowhere; see `key_view`.
  std::string hash;
  /// Who comes with it may do at most this.
  std::optional<role> role_cap;
  /// It opens this project alone, and nothing that belongs to none.
  std::optional<std::string> project;
  timestamp created_at{};
  std::string created_by;
  /// From here on it opens nothing.
  std::optional<timestamp> expires_at;
  /// About: see `key_use_interval`.
  std::optional<timestamp> last_used_at;
  std::optional<timestamp> revoked_at;
  /// The key that was made in its place.
  std::optional<std::string> replaced_by;

  static constexpr const char* wire_name = "access_key";

  static constexpr auto fields() {
    return wire::members(wire::field{"id", &access_key::id},
                         wire::field{"kind", &access_key::kind},
                         wire::field{"principal", &access_key::principal},
                         wire::field{"name", &access_key::name},
                         wire::field{"hash", &access_key::hash},
                         wire::field{"role_cap", &access_key::role_cap},
                         wire::field{"project", &access_key::project},
                         wire::field{"created_at", &access_key::created_at},
                         wire::field{"created_by", &access_key::created_by},
                         wire::field{"expires_at", &access_key::expires_at},
                         wire::field{"last_used_at", &access_key::last_used_at},
                         wire::field{"revoked_at", &access_key::revoked_at},
                         wire::field{"replaced_by", &access_key::replaced_by});
  }

  bool operator==(const access_key&) const = default;
};

/// Whether *x* is a session that nobody has used for `session_idle`.
bool is_idle(const access_key& x, timestamp now);

/// Whether *x* opens something at *now*, as far as the key itself goes.
bool is_live(const access_key& x, timestamp now);

/// When *x* came to its end, or will; none if it has none. Of a session that is
/// idle it is the end that it was given.
std::optional<timestamp> end_of(const access_key& x);

/// *x* and *more* later, or the last timestamp that there is.
timestamp later_by(timestamp x, duration more);

/// At least what *x* takes in a snapshot, in bytes.
uint64_t size_of(const access_key& x);

} // namespace machine::tenants
