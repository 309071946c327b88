#pragma once

#include "runtime/error.hpp"

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace machine::security {

/// What one hash of a password costs, and so each guess at it. The defaults are
/// the second choice of RFC 9106, section 4.
struct password_limits {
  /// Passes over the memory, 1 to 16.
  uint32_t passes = 3;
  /// Memory in KiB, 8 to 1,048,576 (a GiB). It is taken for as long as a hash
  /// takes: bound how many are made at once.
  uint32_t memory = 64 * 1024;

  bool operator==(const password_limits&) const = default;
};

/// Argon2id of *password*, encoded with its salt and limits in 128 bytes at
/// most. libsodium draws the salt. Fails with `invalid_argument` for other
/// limits, `limit_exceeded` for a password of more than 1,024 bytes and
/// `unavailable` if there is no memory for it.
caf::expected<std::string> hash_password(std::string_view password,
                                         const password_limits& limits = {});

/// What becomes of a password that is compared with a hash.
enum class password_verdict : uint8_t {
  matches,
  differs,
  /// What should be a hash is none of ours.
  damaged,
  /// There was no memory to tell; the same may be asked later.
  no_memory,
};

/// Whether *encoded* was made from *password*. Takes as long as the limits in
/// *encoded* say, whatever the answer; a hash with limits that `hash_password`
/// refuses is `damaged`.
password_verdict verify_password(std::string_view encoded,
                                 std::string_view password);

/// Whether *encoded* was made with other *limits*, or is damaged: hash the
/// password again after it was found to match.
bool needs_rehash(std::string_view encoded, const password_limits& limits = {});

/// A hash that no known password matches, for accounts that do not exist:
/// verifying against it takes as long as against one of an account, so the time
/// does not tell which accounts there are. That holds only once the accounts
/// are hashed with the same limits. Limits out of bounds are cut to them.
std::string decoy_hash(const password_limits& limits = {});

/// None if *password* may be one, else `invalid_argument` with the rule that it
/// breaks: it has 10 to 256 characters of UTF-8, is none of the common ones
/// (`is_common_password`), and contains none of *names*: of the user, the
/// tenant and whatever else is near at hand. Names are compared without regard
/// to the case of ASCII letters, and not at all below 3 bytes. Nothing is said
/// about digits or signs, as NIST SP 800-63B, section 5.1.1.2, advises.
/// Passwords are taken as they come: Unicode is not normalised.
caf::error check_password(std::string_view password,
                          std::initializer_list<std::string_view> names);

} // namespace machine::security
