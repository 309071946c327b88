#pragma once

#include "runtime/error.hpp"
#include "runtime/security/jwt_algorithm.hpp"
#include "runtime/types.hpp"

#include <optional>
#include <set>
#include <string>

namespace machine::security {

/// Which tokens of one issuer are taken.
struct jwt_policy {
  /// Bounds on the values below.
  static constexpr duration max_clock_skew = std::chrono::minutes{10};
  static constexpr duration largest_max_lifetime =
    std::chrono::hours{10 * 366 * 24};
  static constexpr size_t largest_max_bytes = 64u << 10;

  /// What `iss` must be, letter for letter.
  std::string issuer;

  /// Who we are to the issuer: what `aud` must be or contain.
  std::string audience;

  /// How a token may be signed, whatever it says itself.
  std::set<jwt_algorithm> algorithms;

  /// How far the issuer's clock may be from ours.
  duration clock_skew = std::chrono::seconds{60};

  /// How long a token may be good for, from when it was issued (from now, if it
  /// does not say). None: as long as it says.
  std::optional<duration> max_lifetime;

  /// Bound on a token, in bytes.
  size_t max_bytes = 8'192;
};

/// `invalid_argument` if *x* would take tokens of anybody, for anybody, or
/// none at all; no error if it is sound.
caf::error check(const jwt_policy& x);

} // namespace machine::security
