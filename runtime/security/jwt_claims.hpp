#pragma once

#include "runtime/security/jwt_policy.hpp"

#include <string_view>

namespace machine::security {

/// What an issuer says of somebody (RFC 7519, section 4.1).
struct jwt_claims {
  /// Bound on `sub` and `jti`, in bytes.
  static constexpr size_t max_name_bytes = 256;

  /// `sub`: who it is. A name within its issuer only.
  std::string subject;
  std::string issuer;
  /// `jti`, by which a token can be known again; empty: it has none. The text
  /// of a token is no such name: of an ECDSA signature anybody can make a
  /// second one that is good, too.
  std::string id;
  std::optional<timestamp> issued_at;
  std::optional<timestamp> not_before;
  /// The token is refused from then on, plus the clock skew.
  timestamp expires_at;
  /// All claims as they came.
  json_text all;
};

/// Reads the claims *json* of a token and holds them against *policy* at
/// *now*. They are worth what the signature over them is worth: `verify_jwt`
/// looks at that first.
/// @returns `denied`, with no word of the token in the sentence.
caf::expected<jwt_claims>
read_jwt_claims(std::string_view json, const jwt_policy& policy, timestamp now);

} // namespace machine::security
