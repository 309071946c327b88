#pragma once

#include <string>
#include <string_view>

/// Which proxy a request goes through. Decided here and not by libcurl, for
/// what an address policy judges depends on it.
namespace machine::net {

/// The proxies of the operator, as addresses; empty: none.
struct proxy_rules {
  std::string http;
  std::string https;
  /// Hosts that are reached without one, as in `no_proxy`: names, which stand
  /// for all below them too, addresses, networks as `10.0.0.0/8`, or `*`.
  std::string none;
};

/// *configured* for everything, or what `http_proxy`, `https_proxy`,
/// `HTTPS_PROXY`, `all_proxy` and `ALL_PROXY` say if it is empty; without the
/// hosts of `no_proxy` or `NO_PROXY` in both cases. As curl does, `HTTP_PROXY`
/// is not read: a web server may set it from a header of its client.
proxy_rules read_proxy_rules(const std::string& configured);

/// The proxy for requests to *host*, an address or a name without brackets;
/// empty: none.
std::string proxy_for(const proxy_rules& rules, std::string_view scheme,
                      std::string_view host);

} // namespace machine::net
