#pragma once

#include "runtime/error.hpp"
#include "runtime/security/digest.hpp"
#include "runtime/security/secret.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

/// Keys of the API, and tokens of sessions, which are made alike:
///
///     tm_<tenant>_<id>_<secret>        a key
///     tms_<tenant>_<id>_<secret>       a session
///
/// The tenant has 1 to 32 characters of `a-z0-9-` and begins with a letter; the
/// id is 12 characters of Crockford's Base32 in lower case, 60 random bits; the
/// secret is 43 characters of Base64url (RFC 4648, section 5, not padded), 32
/// random bytes. Tenant and id find the key in the store and may be shown.
namespace machine::security {

/// What a token is for.
enum class token_kind : uint8_t { api_key, session };

/// The random bytes that go into a token: 8 for its id, 32 for its secret.
constexpr size_t token_random_bytes = 40;

/// No token is longer.
constexpr size_t max_token_bytes = 4 + 32 + 1 + 12 + 1 + 43;

/// A token that was just made.
struct new_api_key {
  /// For its owner, once; `wipe` it after that.
  std::string text;
  std::string id;
  /// What is kept of the secret; see `hash_secret`.
  std::string hash;
};

/// A token that was taken apart. Nothing says yet that there is one like it.
struct api_key {
  token_kind kind;
  std::string tenant;
  std::string id;
  machine::security::secret secret;
};

/// Whether *tenant* may stand in a token.
bool is_tenant_name(std::string_view tenant);

/// Makes a token out of *random*, which must come from a cryptographic source
/// and serve nothing else. Fails with `invalid_argument` for a tenant that may
/// not stand in one.
caf::expected<new_api_key>
make_api_key(std::string_view tenant,
             std::span<const uint8_t, token_random_bytes> random,
             token_kind kind = token_kind::api_key);

/// Takes a token apart; none if *text* is no token, whatever it is. Each token
/// has one spelling.
std::optional<api_key> parse_api_key(std::string_view text);

/// BLAKE2b-256 of *x*, as 64 hexadecimal digits in lower case. A plain and fast
/// hash is enough here, other than for passwords: the secret has 256 random
/// bits, so there is nothing to guess that a slow hash would make dearer, and
/// no two have the same, so there is nothing for salt to tell apart.
std::string hash_secret(const secret& x);

/// Whether *hash* is the one of *x*, in a time that does not depend on where
/// they differ. What is no hash matches nothing.
bool matches(std::string_view hash, const secret& x);

} // namespace machine::security
