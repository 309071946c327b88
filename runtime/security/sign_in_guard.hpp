#pragma once

#include "runtime/security/state_table.hpp"

#include <optional>

namespace machine::security {

/// How sign-ins are slowed down.
struct sign_in_rule {
  /// Failures in a row that cost nothing.
  uint32_t free = 3;
  /// How long the next one has to be waited after; each one more doubles it.
  duration first_delay{1'000};
  /// And no more than that.
  duration longest_delay{15 * 60'000};
  /// After so long without a failure all are forgotten; longer than
  /// `longest_delay`.
  duration peace{60 * 60'000};
};

/// What is known of an account, or of an address.
struct sign_in_state {
  /// In a row.
  uint32_t failures = 0;
  timestamp last_failure{};

  bool operator==(const sign_in_state&) const = default;
};

/// *x* as it is at *now*: nothing after `sign_in_rule::peace`, and never later
/// than now, so that nobody waits for a clock that has gone back.
sign_in_state as_of(const sign_in_state& x, const sign_in_rule& rule,
                    timestamp now);

/// When the next sign-in may be tried; none: at once.
std::optional<timestamp> may_try(const sign_in_state& x,
                                 const sign_in_rule& rule, timestamp now);

/// *x* after one more failure at *now*.
sign_in_state after_failure(const sign_in_state& x, const sign_in_rule& rule,
                            timestamp now);

/// *x* without one of its failures, which was none.
sign_in_state without_failure(const sign_in_state& x);

/// From when on *x* says nothing any more.
timestamp forgotten_from(const sign_in_state& x, const sign_in_rule& rule);

/// Slows down who guesses passwords, by account and by address, for any number
/// of threads, in bounded memory. An account is the name that was entered: one
/// that does not exist is slowed down like any other, and cannot be told from
/// it.
///
/// Whoever knows an account's name can make its owner wait, 15 minutes at most;
/// that is the price of slowing down guesses from many addresses.
class sign_in_guard {
public:
  /// @param max_keys How many accounts are kept, and how many addresses, of
  /// some 250 bytes each.
  sign_in_guard(const sign_in_rule& rule, size_t max_keys);

  /// Asks whether a sign-in may be tried: none if so, else when to come back.
  /// What may be tried counts as a failure at once, until `succeed` says
  /// otherwise: else whoever tries often at the same time would be told all
  /// answers before the first one counts. What may not be tried counts for
  /// nothing.
  std::optional<timestamp> begin(std::string_view account,
                                 std::string_view address, timestamp now);

  /// What was begun has succeeded: the account's failures are forgotten, and
  /// the address has one less. Its others stay, for who has one account could
  /// otherwise guess at others forever.
  void succeed(std::string_view account, std::string_view address,
               timestamp now);

  /// What was begun came to no verdict, and counts for nothing.
  void withdraw(std::string_view account, std::string_view address,
                timestamp now);

private:
  sign_in_rule rule_;
  state_table<sign_in_state> accounts_;
  state_table<sign_in_state> addresses_;
};

} // namespace machine::security
