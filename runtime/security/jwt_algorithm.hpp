#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace machine::security {

/// How a token may be signed (RFC 7518, section 3.1): with a private key only.
/// There is no member for `none` and for HMAC, whose key would be the one that
/// everybody knows; and none for EdDSA, which cjose does not have.
enum class jwt_algorithm : uint8_t {
  rs256,
  rs384,
  rs512,
  ps256,
  ps384,
  ps512,
  es256,
  es384,
  es512,
};

/// The types of keys that verify a token: RSA, or a point on one of the NIST
/// curves.
enum class jwk_type : uint8_t { rsa, p256, p384, p521 };

/// The name of *x* in headers and keys: `RS256`.
std::string_view to_string(jwt_algorithm x);

/// The algorithm of that name, letter for letter (RFC 7515, section 4.1.1).
std::optional<jwt_algorithm> jwt_algorithm_from_string(std::string_view name);

/// The one type of key that *x* is for. ES256 belongs to P-256, and not to
/// another curve with the same hash.
jwk_type jwk_type_of(jwt_algorithm x);

} // namespace machine::security
