#include "deploy/cli/whereabouts.hpp"

#include <algorithm>

namespace machine::cli {

namespace {

/// The host of *url* behind its *scheme*.
std::string_view host_of_url(std::string_view url, std::string_view scheme) {
  url.remove_prefix(scheme.size());
  auto authority = url.substr(0, url.find_first_of("/?#"));
  auto end = authority.starts_with('[') ? authority.find(']') : 0;
  if (end == std::string_view::npos)
    return {};
  return authority.substr(0, authority.find(':', end));
}

caf::error check_url(const std::string& url) {
  constexpr std::string_view secure = "https://";
  constexpr std::string_view plain = "http://";
  auto refuse = [&](const char* why) {
    return make_error(ec::invalid_argument,
                      "client.url: " + url.substr(0, 200) + " " + why);
  };
  auto is_secure = url.starts_with(secure);
  if (!is_secure && !url.starts_with(plain))
    return refuse("is no address of a machine; write https://host:port");
  auto host = host_of_url(url, is_secure ? secure : plain);
  if (host.empty() || url.find('@') != std::string::npos)
    return refuse("has no host; write https://host:port");
  if (!is_secure && host != "localhost" && host != "127.0.0.1"
      && host != "[::1]")
    return refuse("would show your key to the network; write https://");
  return {};
}

} // namespace

caf::expected<access> access_of(const config::config& settings) {
  access result{settings.text("client.url"), settings.text("client.key"),
                settings.text("client.tenant"),
                settings.text("client.ca_file")};
  for (auto* x : {&result.key, &result.tenant})
    if (std::any_of(x->begin(), x->end(),
                    [](char c) { return c <= ' ' || c > '~'; }))
      return make_error(ec::invalid_argument,
                        x == &result.key
                          ? "client.key: this is no key; it has no spaces, and "
                            "only characters of ASCII"
                          : "client.tenant: this is no name of a tenant");
  if (result.url.empty())
    return result;
  if (auto err = check_url(result.url))
    return err;
  while (result.url.ends_with('/'))
    result.url.pop_back();
  return result;
}

caf::expected<endpoint> endpoint_of(const session& in) {
  auto& how = in.how;
  if (!how.url.empty() && how.key.empty())
    return make_error(ec::invalid_argument,
                      "a machine elsewhere lets nobody in without a key; set "
                      "THEMACHINE_KEY for "
                        + how.url);
  if (!how.url.empty())
    return endpoint{how.url, how.key, false, how.ca_file, how.tenant};
  auto result = read_endpoint(in.data_dir);
  if (!result)
    return result;
  result->tenant = how.tenant;
  if (!how.key.empty())
    result->token = how.key;
  return result;
}

caf::expected<api_client> find_machine(const session& in) {
  if (in.how.is_usual()) {
    auto result = find_machine(in.http, in.data_dir);
    if (result && !in.how.tenant.empty()) {
      auto where = result->where();
      where.tenant = in.how.tenant;
      return api_client{in.http, std::move(where)};
    }
    return result;
  }
  auto where = endpoint_of(in);
  if (where)
    return api_client{in.http, std::move(*where)};
  if (code_of(where.error()) != ec::not_found)
    return std::move(where.error());
  return make_error(ec::unavailable, message_of(where.error())
                                       + "; start one with `themachine up`, or "
                                         "name one with --url");
}

caf::error check_is_here(const session& in, const std::string& what) {
  if (in.how.url.empty())
    return {};
  return make_error(ec::invalid_argument,
                    what + " is about the machine on this computer, and not "
                      + in.how.url + "; leave out --url and THEMACHINE_URL");
}

} // namespace machine::cli
