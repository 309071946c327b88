#pragma once

#include "runtime/security/jwt_policy.hpp"

#include <string_view>

namespace machine::security {

/// What a token says of its signature.
struct jwt_header {
  jwt_algorithm algorithm;
  /// The name of the key; none: any of the issuer's.
  std::optional<std::string> key_id;
};

/// Reads the header of a token (RFC 7515, section 4) and holds it against
/// *policy*. Members that bring a key, or say where one is, are refused: keys
/// come from the issuer only. So is `crit`, for we know no extension.
/// @returns `denied`, with no word of the token in the sentence.
caf::expected<jwt_header> read_jwt_header(std::string_view json,
                                          const jwt_policy& policy);

} // namespace machine::security
