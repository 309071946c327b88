#include "gateway/identity/rate_rules.hpp"

#include <algorithm>
#include <array>

#include <arpa/inet.h>

namespace machine::gateway {

std::optional<security::rate_limit> limit_of_rate(int64_t per_second,
                                                  int64_t burst) {
  constexpr int64_t most = 1'000'000;
  if (per_second <= 0)
    return std::nullopt;
  return security::rate_limit{std::min(per_second, most) * 1'000,
                              std::clamp<int64_t>(burst, 1, most)};
}

std::string address_key(std::string_view address, unsigned bits) {
  // Of a link-local address the interface is a part of the text.
  std::string plain{address.substr(0, address.find('%'))};
  in6_addr parsed{};
  if (::inet_pton(AF_INET6, plain.c_str(), &parsed) != 1)
    return std::string{address};
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (IN6_IS_ADDR_V4MAPPED(&parsed)) {
    ::inet_ntop(AF_INET, &parsed.s6_addr[12], text.data(), text.size());
    return text.data();
  }
  std::fill(std::begin(parsed.s6_addr) + bits / 8, std::end(parsed.s6_addr),
            uint8_t{0});
  ::inet_ntop(AF_INET6, &parsed, text.data(), text.size());
  return std::string{text.data()} + "/" + std::to_string(bits);
}

} // namespace machine::gateway
