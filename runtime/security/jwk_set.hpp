#pragma once

#include "runtime/error.hpp"
#include "runtime/security/jwt_algorithm.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace machine::security {

/// A public key as the library has it; see `public_key.hpp`.
struct public_key;

/// A key that verifies tokens. Copies share the key, which never changes and
/// which threads may use at the same time.
struct jwk {
  /// An opaque name, `kid`; none: the key has no name.
  std::optional<std::string> id;
  jwk_type type = jwk_type::rsa;
  /// The only algorithm that it is for; none: all of its type.
  std::optional<jwt_algorithm> algorithm;
  /// The size of every signature with this key.
  size_t signature_bytes = 0;
  std::shared_ptr<const public_key> key;
};

/// The keys of one issuer.
struct jwk_set {
  /// Bound on a document, in bytes.
  static constexpr size_t max_bytes = 256u << 10;

  /// Bound on the keys of a document, those that are left out included.
  static constexpr size_t max_keys = 64;

  /// Bound on the name of a key, in bytes.
  static constexpr size_t max_id_bytes = 256;

  /// Sizes of RSA keys, in bits (RFC 7518, section 3.3). Above, one token
  /// would cost too much time.
  static constexpr size_t min_rsa_bits = 2048;
  static constexpr size_t max_rsa_bits = 8192;

  /// In the order of the document. Several may have one name: while an issuer
  /// changes its keys, or one of each type (RFC 7517, section 4.5). A token
  /// that has the name is tried with each of them that fits.
  std::vector<jwk> keys;

  /// Why keys were left out, for the log: one sentence a key.
  std::vector<std::string> left_out;
};

/// Whether *x* may verify a token that says it is signed by *algorithm*.
bool fits(const jwk& x, jwt_algorithm algorithm);

/// Reads a JWK Set (RFC 7517, section 5). Keys that cannot verify a token are
/// left out: other types than RSA and EC, symmetric ones above all; too small
/// or malformed ones; `use` other than `sig`; `key_ops` without `verify`; an
/// `alg` that is none of ours. So are keys that come with their private part:
/// everybody can sign with them. A set may come out empty: the issuer trusts
/// none of its keys any more.
/// @returns `invalid_argument` if *text* is no JWK Set, `limit_exceeded` if it
/// is beyond the bounds above.
caf::expected<jwk_set> parse_jwk_set(std::string_view text);

} // namespace machine::security
