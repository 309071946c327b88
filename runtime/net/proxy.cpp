#include "runtime/net/proxy.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cstdlib>
#include <initializer_list>

namespace machine::net {

namespace {

std::string first_of(std::initializer_list<const char*> names) {
  for (auto* name : names)
    if (auto* value = std::getenv(name); value != nullptr && *value != '\0')
      return value;
  return {};
}

bool equal_names(std::string_view x, std::string_view y) {
  return std::equal(x.begin(), x.end(), y.begin(), y.end(), [](char a, char b) {
    return std::tolower(static_cast<unsigned char>(a))
        == std::tolower(static_cast<unsigned char>(b));
  });
}

/// An address as its 4 or 16 bytes; empty for what is no address.
std::string bytes_of(std::string_view text) {
  if (text.starts_with('[') && text.ends_with(']'))
    text = text.substr(1, text.size() - 2);
  std::string address{text};
  std::array<char, 16> buffer{};
  if (::inet_pton(AF_INET, address.c_str(), buffer.data()) == 1)
    return {buffer.data(), 4};
  if (::inet_pton(AF_INET6, address.c_str(), buffer.data()) == 1)
    return {buffer.data(), 16};
  return {};
}

/// Whether *address* is *entry* or in the network that *entry* names.
bool in_network(const std::string& address, std::string_view entry) {
  auto slash = entry.find('/');
  auto network = bytes_of(entry.substr(0, slash));
  if (network.size() != address.size())
    return false;
  auto bits = address.size() * 8;
  if (slash != entry.npos) {
    auto digits = entry.substr(slash + 1);
    auto end = digits.data() + digits.size();
    auto [stop, code] = std::from_chars(digits.data(), end, bits);
    if (code != std::errc{} || stop != end || bits > address.size() * 8)
      return false;
  }
  auto whole = bits / 8;
  if (address.compare(0, whole, network, 0, whole) != 0)
    return false;
  auto rest = bits % 8;
  return rest == 0
      || static_cast<unsigned char>(address[whole] ^ network[whole])
             >> (8 - rest)
           == 0;
}

/// Whether *name* is *entry* or below it.
bool in_domain(std::string_view name, std::string_view entry) {
  if (entry.starts_with('.'))
    entry.remove_prefix(1);
  if (entry.ends_with('.'))
    entry.remove_suffix(1);
  if (entry.empty() || entry.size() > name.size())
    return false;
  auto rest = name.size() - entry.size();
  return equal_names(name.substr(rest), entry)
      && (rest == 0 || name[rest - 1] == '.');
}

bool is_direct(std::string_view list, std::string_view host) {
  if (list == "*")
    return true;
  auto address = bytes_of(host);
  if (host.ends_with('.'))
    host.remove_suffix(1);
  while (!list.empty()) {
    auto entry = list.substr(0, list.find_first_of(", \t"));
    list.remove_prefix(std::min(entry.size() + 1, list.size()));
    if (entry.empty())
      continue;
    if (address.empty() ? in_domain(host, entry) : in_network(address, entry))
      return true;
  }
  return false;
}

} // namespace

proxy_rules read_proxy_rules(const std::string& configured) {
  proxy_rules result;
  result.none = first_of({"no_proxy", "NO_PROXY"});
  if (!configured.empty()) {
    result.http = result.https = configured;
    return result;
  }
  result.http = first_of({"http_proxy", "all_proxy", "ALL_PROXY"});
  result.https =
    first_of({"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"});
  return result;
}

std::string proxy_for(const proxy_rules& rules, std::string_view scheme,
                      std::string_view host) {
  if (is_direct(rules.none, host))
    return {};
  return equal_names(scheme, "https") ? rules.https : rules.http;
}

} // namespace machine::net
