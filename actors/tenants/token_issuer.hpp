#pragma once

#include "actors/tenants/role.hpp"
#include "runtime/error.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace machine::tenants {

/// Somebody outside of the machine whose JSON Web Tokens (RFC 7519) open a
/// tenant.
struct token_issuer {
  /// 1 to 64 characters of `A-Za-z0-9._@-`.
  std::string id;
  /// What its tokens have as `iss`, letter for letter.
  std::string issuer;
  /// What their `aud` must have.
  std::string audience;
  /// How they may be signed (RFC 7518, section 3.1): `RS256`, `ES256`, ...
  std::vector<std::string> algorithms;
  /// Where its public keys are (RFC 7517); or else they stand in `jwks`.
  std::optional<std::string> jwks_url;
  std::optional<json_text> jwks;
  /// The claim whose values give roles, by `roles`.
  std::optional<std::string> role_claim;
  std::map<std::string, role> roles;
  /// Of those to whom the claim gives none.
  std::optional<role> default_role;

  static constexpr const char* wire_name = "token_issuer";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"id", &token_issuer::id},
      wire::field{"issuer", &token_issuer::issuer},
      wire::field{"audience", &token_issuer::audience},
      wire::field{"algorithms", &token_issuer::algorithms},
      wire::field{"jwks_url", &token_issuer::jwks_url},
      wire::field{"jwks", &token_issuer::jwks},
      wire::field{"role_claim", &token_issuer::role_claim},
      wire::field{"roles", &token_issuer::roles},
      wire::field{"default_role", &token_issuer::default_role});
  }

  bool operator==(const token_issuer&) const = default;
};

/// `invalid_argument` or `limit_exceeded` unless *x* is as described, has just
/// one of `jwks_url` and `jwks`, and roles for its claim. The address is
/// `https`, or `http` to this machine.
caf::error check_issuer(const token_issuer& x);

/// At least what *x* takes in a snapshot, in bytes.
uint64_t size_of(const token_issuer& x);

} // namespace machine::tenants
