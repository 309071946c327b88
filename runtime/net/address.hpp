#pragma once

#include "runtime/net/client.hpp"

struct sockaddr;

namespace machine::net {

/// What kind of place an address is, as far as policies care.
enum class address_kind : uint8_t { public_net, loopback, special };

/// The kind of *address*, IPv4 or IPv6 (also IPv4 in IPv6). `special` is
/// everything in the registries of special-purpose addresses (RFC 6890):
/// private, link-local with the metadata services, shared, multicast,
/// documentation, unspecified and reserved ones, and families that are no
/// internet; moreover the public address at which Azure serves metadata.
address_kind kind_of(const sockaddr& address);

/// Whether *policy* lets a request connect to *address*.
inline bool allows(address_policy policy, const sockaddr& address) {
  switch (policy) {
    case address_policy::any: return true;
    case address_policy::public_and_loopback:
      return kind_of(address) != address_kind::special;
    case address_policy::public_only:
      return kind_of(address) == address_kind::public_net;
  }
  return false;
}

/// The same for an address in text form; false for what is no address.
bool allows(address_policy policy, std::string_view text);

/// Whether *text* is an address, IPv4 or IPv6 without brackets, and no name.
bool is_address(std::string_view text);

} // namespace machine::net
