#pragma once

#include "runtime/security/token_bucket.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace machine::gateway {

/// How often somebody may ask, and how much they may hold on to. What is none,
/// or 0, is not limited.
struct rate_rules {
  /// Of all that comes from one address, whoever it is.
  std::optional<security::rate_limit> address;
  /// Of one key or session.
  std::optional<security::rate_limit> key;
  /// Of one principal, with whatever keys.
  std::optional<security::rate_limit> principal;
  /// Of a tenant, all principals together.
  std::optional<security::rate_limit> tenant;
  /// What a request costs its address beside itself if nobody knows who asks.
  uint32_t failure_cost = 10;
  /// Streams of events at one time.
  size_t streams_of_address = 0;
  size_t streams_of_key = 0;
  size_t streams_of_principal = 0;
  size_t streams_of_tenant = 0;
  /// Of each kind, how many are kept apart; some 250 bytes each.
  size_t max_tracked = 100'000;
};

/// *per_second* requests a second and *burst* at once; none if it is 0.
std::optional<security::rate_limit> limit_of_rate(int64_t per_second,
                                                  int64_t burst);

/// Under which name an address is counted: an IPv4 address is itself, also as
/// `::ffff:192.0.2.1`; of an IPv6 address the first 64 bits count, for whoever
/// has one has all that begin so, or the first *bits*, a multiple of 8. What is
/// no address is itself.
std::string address_key(std::string_view address, unsigned bits = 64);

} // namespace machine::gateway
