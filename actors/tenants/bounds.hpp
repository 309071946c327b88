#pragma once

#include "runtime/types.hpp"

#include <cstddef>
#include <cstdint>

/// Bounds on what a tenant holds, so that its snapshot and all of its decisions
/// always fit into the store (see `runtime/store/check.hpp`).
namespace machine::tenants {

/// Of the name of a tenant and of the id of a principal, in characters.
constexpr size_t max_tenant_name = 32;
constexpr size_t max_principal_id = 64;

/// Of a name for people and of the name of a project, in bytes.
constexpr size_t max_display_name = 128;
constexpr size_t max_project_name = 128;

/// Of a password's hash with its parameters and salt, in bytes.
constexpr size_t max_encoded_password = 256;

constexpr size_t key_id_length = 12;
constexpr size_t key_hash_length = 64;

constexpr size_t max_principals = 10'000;

/// Projects in which one principal has a role of its own.
constexpr size_t max_project_roles = 200;

/// Of one principal, at one time.
constexpr size_t max_live_keys = 100;
constexpr size_t max_live_sessions = 20;

constexpr duration max_session_life = std::chrono::hours{24 * 30};

/// A session that was not used for so long opens nothing any more. Its use is
/// known to `key_use_interval`, so it may end that much earlier.
constexpr duration session_idle = std::chrono::hours{24};

constexpr duration max_key_life = std::chrono::hours{24 * 3'660};

/// How long a key that was replaced may go on.
constexpr duration max_grace = std::chrono::hours{24 * 7};

/// How long it is remembered that there was a key, after its end.
constexpr duration key_memory = std::chrono::hours{24 * 30};

/// The use of a key is written down once in this time.
constexpr duration key_use_interval = std::chrono::hours{1};

/// Keys of which one event speaks, and that one decision forgets.
constexpr size_t max_keys_per_event = 1'000;

constexpr size_t max_issuers = 16;

/// Of an address or an audience, in bytes.
constexpr size_t max_url = 1'024;

/// Of the public keys of an issuer, in bytes.
constexpr size_t max_jwks = 64u << 10;

/// Values of a claim that give a role.
constexpr size_t max_claim_values = 64;

/// Of the name of a claim, or of one of its values, in bytes.
constexpr size_t max_claim_text = 256;

/// Of each of `tenant_limits`.
constexpr uint32_t max_limit = 1'000'000;

/// Of all principals, keys and issuers in a snapshot, in bytes, by `size_of`.
constexpr uint64_t max_tenant_bytes = 32u << 20;

} // namespace machine::tenants
