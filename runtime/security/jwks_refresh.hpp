#pragma once

#include "runtime/types.hpp"

#include <optional>

/// When the keys of an issuer are fetched. Pure: somebody else has the clock,
/// does the HTTP and keeps the keys.
namespace machine::security {

/// The times of it.
struct jwks_times {
  /// Keys are fetched again after what the issuer's `Cache-Control: max-age`
  /// says, within these; `default_age` if it says nothing.
  static constexpr duration min_age = std::chrono::minutes{5};
  static constexpr duration default_age = std::chrono::hours{1};
  static constexpr duration max_age = std::chrono::hours{24};

  /// For so long after their age keys are still good if no fetch succeeds.
  static constexpr duration grace = std::chrono::hours{24};

  /// Names of keys that are not known cause one fetch in so long: anybody can
  /// make them up.
  static constexpr duration unknown_key_interval = std::chrono::seconds{60};

  /// The pause after a failure; it doubles with each, up to the maximum.
  static constexpr duration first_pause = std::chrono::seconds{5};
  static constexpr duration max_pause = std::chrono::minutes{5};

  /// A fetch that has not ended by then counts as none.
  static constexpr duration fetch_deadline = std::chrono::seconds{30};
};

/// What is known of one issuer's keys.
struct jwks_state {
  /// The last fetch that succeeded; none: there are no keys.
  std::optional<timestamp> fetched_at;
  /// What the issuer said then.
  std::optional<duration> max_age;
  /// The last failure since, and how many there were in a row.
  std::optional<timestamp> failed_at;
  uint32_t failures = 0;
  /// The last fetch because of a key that was not known.
  std::optional<timestamp> unknown_key_at;
  /// The fetch that is under way.
  std::optional<timestamp> begun_at;

  bool operator==(const jwks_state&) const = default;
};

/// Whether the keys at hand have the one that a token names.
enum class key_lookup : uint8_t { known, unknown };

/// What to do for a token.
enum class jwks_decision : uint8_t {
  /// Verify it with the keys at hand.
  use,
  /// The same, and begin a fetch.
  fetch_in_background,
  /// Verify it with the keys of the fetch under way, or of one to begin now.
  fetch_now,
  /// There are no keys that are good, and it is too early to try again.
  refuse,
};

/// What to do at *now* for a token whose key is *lookup*.
jwks_decision decide(const jwks_state& x, key_lookup lookup, timestamp now);

/// *x* after a fetch was begun because of a token whose key is *why*. One that
/// is under way goes on, and nothing changes.
jwks_state begin_fetch(jwks_state x, key_lookup why, timestamp now);

/// *x* after a fetch succeeded; *max_age* is the issuer's.
jwks_state fetch_succeeded(jwks_state x, std::optional<duration> max_age,
                           timestamp now);

/// *x* after a fetch failed, or brought what is no JWK Set.
jwks_state fetch_failed(jwks_state x, timestamp now);

} // namespace machine::security
