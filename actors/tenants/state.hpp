#pragma once

#include "actors/tenants/access_key.hpp"
#include "actors/tenants/limits.hpp"
#include "actors/tenants/principal.hpp"
#include "actors/tenants/token_issuer.hpp"
#include "runtime/wire/codec.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace machine::tenants {

enum class tenant_status : uint8_t {
  active,
  /// Nobody of it is let in; what it has stays.
  suspended,
};

constexpr auto wire_names(tenant_status) {
  return std::array<std::pair<std::string_view, tenant_status>, 2>{{
    {"active", tenant_status::active},
    {"suspended", tenant_status::suspended},
  }};
}

/// All that a tenant knows; made of its events alone.
struct tenant_state {
  bool exists = false;
  /// For people.
  std::string name;
  tenant_status status = tenant_status::active;
  tenant_limits limits;
  timestamp created_at{};
  std::string created_by;
  /// By id.
  std::map<std::string, principal> principals;
  /// By id; also those that have ended, for `key_memory`.
  std::map<std::string, access_key> keys;
  /// By id.
  std::map<std::string, token_issuer> issuers;
  /// When the next key is to be forgotten, as far as is known by now.
  std::optional<timestamp> next_forgotten;
  /// At least what principals, keys and issuers take in a snapshot, in bytes.
  uint64_t size = 0;

  static constexpr const char* wire_name = "tenant_state";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"exists", &tenant_state::exists},
      wire::field{"name", &tenant_state::name},
      wire::field{"status", &tenant_state::status},
      wire::field{"limits", &tenant_state::limits},
      wire::field{"created_at", &tenant_state::created_at},
      wire::field{"created_by", &tenant_state::created_by},
      wire::field{"principals", &tenant_state::principals},
      wire::field{"keys", &tenant_state::keys},
      wire::field{"issuers", &tenant_state::issuers},
      wire::field{"next_forgotten", &tenant_state::next_forgotten},
      wire::field{"size", &tenant_state::size});
  }

  bool operator==(const tenant_state&) const = default;
};

/// The ids of the keys of *principal* that were not revoked, whether they have
/// expired or not.
std::vector<std::string> unrevoked_keys(const tenant_state& now,
                                        const std::string& principal);

/// The keys of *principal* that open something at *at*, the oldest first.
std::vector<const access_key*> live_keys(const tenant_state& now,
                                         const std::string& principal,
                                         key_kind kind, timestamp at);

/// Of the keys that had come to their end at *at*, the ids of the `most` that
/// did so first.
std::vector<std::string> ended_keys(const tenant_state& now, timestamp at,
                                    size_t most);

} // namespace machine::tenants

// Compiled once, in codec.cpp.
extern template struct machine::wire::codec<machine::tenants::tenant_state>;
extern template struct machine::wire::message_codec<
  machine::tenants::tenant_state>;
