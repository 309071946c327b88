#pragma once

#include "runtime/security/jwk_set.hpp"
#include "runtime/types.hpp"

namespace machine::security {

/// A JSON Web Signature in its compact form (RFC 7515, section 7.1), taken
/// apart and decoded. Nothing of it is verified yet.
struct jws {
  /// Bounds on the encoded parts beside the payload, in bytes: a header of a
  /// few members, and a signature with the largest key that is taken.
  static constexpr size_t max_header_bytes = 2'048;
  static constexpr size_t max_signature_bytes = 1'366;

  /// All of it as it came.
  std::string text;
  bytes header;
  bytes payload;
  bytes signature;
};

/// Takes *text* apart: three parts, each in strict Base64url and not empty.
/// @returns `denied` if it is something else or has more than *max_bytes*.
caf::expected<jws> parse_jws(std::string_view text, size_t max_bytes);

/// Whether *x* is signed by *algorithm* with the private part of *key*. The
/// only place that asks cjose. What cjose 0.6 does not look at is checked
/// before: that the curve is the algorithm's, and that the signature has the
/// one right size (cjose takes ECDSA signatures with a byte too many, or with
/// zeros put in). Threads may call it at the same time, with the same key, too.
bool is_signed(const jws& x, jwt_algorithm algorithm, const jwk& key);

} // namespace machine::security
