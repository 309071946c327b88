#include "runtime/net/address.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <array>
#include <cstring>
#include <optional>

namespace machine::net {

namespace {

struct range4 {
  uint32_t network;
  int bits;
};

// The IANA registry of special-purpose IPv4 addresses, without loopback, and
// what is special by custom.
constexpr std::array<range4, 15> special4{{
  {0x00000000, 8},  // this network
  {0x0A000000, 8},  // private
  {0x64400000, 10}, // shared by carriers
  {0xA9FE0000, 16}, // link-local, metadata services
  {0xA83F8110, 32}, // Azure's metadata service
  {0xAC100000, 12}, // private
  {0xC0000000, 24}, // protocol assignments
  {0xC0000200, 24}, // documentation
  {0xC0586300, 24}, // relays to IPv6
  {0xC0A80000, 16}, // private
  {0xC6120000, 15}, // benchmarks
  {0xC6336400, 24}, // documentation
  {0xCB007100, 24}, // documentation
  {0xE0000000, 4},  // multicast
  {0xF0000000, 4},  // reserved, broadcast
}};

address_kind kind_of_4(uint32_t x) {
  if (x >> 24 == 127)
    return address_kind::loopback;
  for (auto& range : special4)
    if ((x ^ range.network) >> (32 - range.bits) == 0)
      return address_kind::special;
  return address_kind::public_net;
}

bool begins_with(const in6_addr& x, std::initializer_list<uint8_t> prefix) {
  size_t i = 0;
  for (auto byte : prefix)
    if (x.s6_addr[i++] != byte)
      return false;
  return true;
}

uint32_t last_32_bits(const in6_addr& x, size_t from) {
  uint32_t result = 0;
  for (size_t i = 0; i < 4; ++i)
    result = (result << 8) | x.s6_addr[from + i];
  return result;
}

address_kind kind_of_6(const in6_addr& x) {
  if (IN6_IS_ADDR_LOOPBACK(&x))
    return address_kind::loopback;
  if (IN6_IS_ADDR_V4MAPPED(&x) || IN6_IS_ADDR_V4COMPAT(&x)
      || begins_with(x, {0x00, 0x64, 0xFF, 0x9B, 0, 0, 0, 0, 0, 0, 0, 0}))
    return kind_of_4(last_32_bits(x, 12));
  if (begins_with(x, {0x20, 0x02}))
    return kind_of_4(last_32_bits(x, 2));
  // All public addresses are in 2000::/3; of these, some are set apart.
  auto global = (x.s6_addr[0] & 0xE0) == 0x20;
  auto reserved =
    begins_with(x, {0x20, 0x01, 0x0D, 0xB8})
    || (begins_with(x, {0x20, 0x01}) && (x.s6_addr[2] & 0xFE) == 0x00);
  return global && !reserved ? address_kind::public_net : address_kind::special;
}

std::optional<sockaddr_storage> parse(std::string_view text) {
  std::string address{text};
  sockaddr_storage storage{};
  sockaddr_in x4{};
  sockaddr_in6 x6{};
  if (::inet_pton(AF_INET, address.c_str(), &x4.sin_addr) == 1) {
    x4.sin_family = AF_INET;
    std::memcpy(&storage, &x4, sizeof x4);
  } else if (::inet_pton(AF_INET6, address.c_str(), &x6.sin6_addr) == 1) {
    x6.sin6_family = AF_INET6;
    std::memcpy(&storage, &x6, sizeof x6);
  } else {
    return std::nullopt;
  }
  return storage;
}

} // namespace

address_kind kind_of(const sockaddr& address) {
  if (address.sa_family == AF_INET) {
    sockaddr_in x{};
    std::memcpy(&x, &address, sizeof x);
    return kind_of_4(ntohl(x.sin_addr.s_addr));
  }
  if (address.sa_family == AF_INET6) {
    sockaddr_in6 x{};
    std::memcpy(&x, &address, sizeof x);
    return kind_of_6(x.sin6_addr);
  }
  return address_kind::special;
}

bool allows(address_policy policy, std::string_view text) {
  auto address = parse(text);
  if (!address)
    return policy == address_policy::any;
  return allows(policy, reinterpret_cast<const sockaddr&>(*address));
}

bool is_address(std::string_view text) {
  return parse(text).has_value();
}

} // namespace machine::net
