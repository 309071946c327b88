#pragma once

#include "runtime/security/jwk_set.hpp"
#include "runtime/security/jwt_claims.hpp"

namespace machine::security {

/// How many keys are tried for one token.
constexpr size_t max_keys_tried = 8;

/// Verifies *token*, a signed JSON Web Token (RFC 7519) as RFC 8725 asks for:
/// its form, its header and its signature with one of *keys*, by an algorithm
/// that *policy* allows and the key is for; then its claims at *now*. Pure, and
/// safe to call from any thread.
///
/// A token with a `kid` is tried with keys of that name only, one without with
/// all that fit; the first `max_keys_tried` of them.
/// @returns `denied` with a sentence for the log, which never has anything of
/// the token in it. Clients must be told no more than "the token is not valid".
/// `invalid_argument` if *policy* is not sound; see `check`.
caf::expected<jwt_claims> verify_jwt(std::string_view token,
                                     const jwt_policy& policy,
                                     const jwk_set& keys, timestamp now);

/// Whether a denied *token* names a key that is not in *keys*, so that it may
/// help to fetch them again; see `jwks_refresh.hpp`. Nothing of the token is
/// verified: anybody can make one that names a key.
bool names_unknown_key(std::string_view token, const jwt_policy& policy,
                       const jwk_set& keys);

/// The `iss` of *token*, of which nothing is verified: it says whose keys the
/// token is to be verified with. None if *token* is no token of at most
/// *max_bytes*, or its claims are no JSON object in which names stand once.
std::optional<std::string> unverified_issuer(std::string_view token,
                                             size_t max_bytes);

} // namespace machine::security
