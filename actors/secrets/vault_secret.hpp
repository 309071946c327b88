#pragma once

#include "runtime/entity/entity.hpp"
#include "runtime/security/sealed.hpp"
#include "runtime/wire/codec.hpp"

#include <string>
#include <string_view>
#include <variant>

/// Secrets of tenants. What is here is sealed: nothing of it is of use without
/// the master key, which the `vault` has.
namespace machine::secrets {

/// Of a name, in characters.
constexpr size_t max_name = 128;

/// Of a value, in bytes.
constexpr size_t max_value = 64u << 10;

/// Of one tenant.
constexpr size_t max_secrets = 500;

/// Whether *name* may name a secret: 1 to 128 of letters, digits, `-`, `_` and
/// `.`, and no `.` first.
bool is_secret_name(std::string_view name);

/// Sets a secret. Fails with `changed` unless *version* is the next one: who
/// has sealed it did so for that version.
struct put_secret {
  uint32_t version = 0;
  security::sealed_secret what;
  /// See `security::mark_of`.
  std::string mark;
  std::string by;

  static constexpr const char* wire_name = "put_secret";

  static constexpr auto fields() {
    return wire::members(wire::field{"version", &put_secret::version},
                         wire::field{"what", &put_secret::what},
                         wire::field{"mark", &put_secret::mark},
                         wire::field{"by", &put_secret::by});
  }

  bool operator==(const put_secret&) const = default;
};

/// The data key is under another master key from now on. Does nothing if
/// *version* is not the one of now.
struct reseal_secret {
  uint32_t version = 0;
  std::string master;
  bytes data_key;

  static constexpr const char* wire_name = "reseal_secret";

  static constexpr auto fields() {
    return wire::members(wire::field{"version", &reseal_secret::version},
                         wire::field{"master", &reseal_secret::master},
                         wire::field{"data_key", &reseal_secret::data_key});
  }

  bool operator==(const reseal_secret&) const = default;
};

using secret_command = std::variant<put_secret, reseal_secret>;

struct secret_set {
  uint32_t version = 0;
  security::sealed_secret what;
  std::string mark;
  std::string by;

  static constexpr const char* wire_name = "secret_set";

  static constexpr auto fields() {
    return wire::members(wire::field{"version", &secret_set::version},
                         wire::field{"what", &secret_set::what},
                         wire::field{"mark", &secret_set::mark},
                         wire::field{"by", &secret_set::by});
  }

  bool operator==(const secret_set&) const = default;
};

struct secret_resealed {
  std::string master;
  bytes data_key;

  static constexpr const char* wire_name = "secret_resealed";

  static constexpr auto fields() {
    return wire::members(wire::field{"master", &secret_resealed::master},
                         wire::field{"data_key", &secret_resealed::data_key});
  }

  bool operator==(const secret_resealed&) const = default;
};

using secret_event = std::variant<secret_set, secret_resealed>;

struct secret_state {
  /// 0: there is no secret.
  uint32_t version = 0;
  security::sealed_secret what;
  std::string mark;
  timestamp created_at{};
  std::string created_by;
  timestamp updated_at{};
  std::string updated_by;

  static constexpr const char* wire_name = "secret_state";

  static constexpr auto fields() {
    return wire::members(wire::field{"version", &secret_state::version},
                         wire::field{"what", &secret_state::what},
                         wire::field{"mark", &secret_state::mark},
                         wire::field{"created_at", &secret_state::created_at},
                         wire::field{"created_by", &secret_state::created_by},
                         wire::field{"updated_at", &secret_state::updated_at},
                         wire::field{"updated_by", &secret_state::updated_by});
  }

  bool operator==(const secret_state&) const = default;
};

/// All that anybody is told of a secret.
struct secret_summary {
  std::string name;
  uint32_t version = 0;
  /// The same for the same value, as long as the master key is the same.
  std::string fingerprint;
  timestamp created_at{};
  std::string created_by;
  timestamp updated_at{};
  std::string updated_by;

  static constexpr const char* wire_name = "secret";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"name", &secret_summary::name},
      wire::field{"version", &secret_summary::version},
      wire::field{"fingerprint", &secret_summary::fingerprint},
      wire::field{"created_at", &secret_summary::created_at},
      wire::field{"created_by", &secret_summary::created_by},
      wire::field{"updated_at", &secret_summary::updated_at},
      wire::field{"updated_by", &secret_summary::updated_by});
  }

  bool operator==(const secret_summary&) const = default;
};

secret_summary summary_of(const secret_state& now, const std::string& name);

/// The field of a row that has the id of the master key.
constexpr const char* master_field = "master";

/// One secret of a tenant: the core of the entity `secret`, whose id is its
/// name. A log of its own, so that it can be erased as a whole.
struct vault_secret
    : entity::passive<secret_state, secret_command, secret_event> {
  static constexpr const char* kind = "secret";
  static constexpr const char* snapshot_schema = "secret.1";

  /// Refuses with `invalid_argument`, `limit_exceeded` or `changed`.
  static caf::error decide(entity::draft<vault_secret>& to,
                           const command& what);

  static void apply(state& draft, const event& what, timestamp at);

  /// Field: `master`.
  static store::summary_row summarise(const state& now, const entity::key& id);

  /// Who may is asked where it comes in.
  static caf::error may_erase(const state&, const entity::key&) {
    return caf::none;
  }
};

} // namespace machine::secrets

// Compiled once, in codec.cpp.
extern template struct machine::wire::codec<machine::secrets::secret_command>;
extern template struct machine::wire::message_codec<
  machine::secrets::secret_command>;
extern template struct machine::wire::codec<machine::secrets::secret_event>;
extern template struct machine::wire::message_codec<
  machine::secrets::secret_event>;
extern template struct machine::wire::codec<machine::secrets::secret_state>;
extern template struct machine::wire::message_codec<
  machine::secrets::secret_state>;
extern template struct machine::wire::codec<
  machine::entity::outcome<machine::secrets::vault_secret>>;
extern template struct machine::wire::message_codec<
  machine::entity::outcome<machine::secrets::vault_secret>>;
extern template struct machine::wire::codec<
  machine::entity::recorded<machine::secrets::secret_event>>;
extern template struct machine::wire::message_codec<
  machine::entity::recorded<machine::secrets::secret_event>>;
