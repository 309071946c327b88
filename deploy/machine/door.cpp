#include "deploy/machine/door.hpp"

#include "runtime/clock.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <thread>

namespace machine::deploy {

namespace {

/// What is between the commas of *text*.
std::vector<std::string> list_of(std::string_view text) {
  std::vector<std::string> result;
  while (!text.empty()) {
    auto end = std::min(text.find(','), text.size());
    auto one = text.substr(0, end);
    while (one.starts_with(' '))
      one.remove_prefix(1);
    while (one.ends_with(' '))
      one.remove_suffix(1);
    if (!one.empty())
      result.emplace_back(one);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return result;
}

bool is_loopback(const std::string& address) {
  in_addr v4{};
  if (::inet_pton(AF_INET, address.c_str(), &v4) == 1)
    return (ntohl(v4.s_addr) >> 24U) == 127;
  in6_addr v6{};
  return ::inet_pton(AF_INET6, address.c_str(), &v6) == 1
      && IN6_IS_ADDR_LOOPBACK(&v6);
}

/// The certificate that the settings name, or one that is made here.
caf::expected<gateway::tls_files>
tls_files_of(const config::config& settings, const std::string& data,
             const std::vector<std::string>& hosts,
             const std::string& address) {
  gateway::tls_files result{settings.text("gateway.certificate"),
                            settings.text("gateway.key")};
  if (result.certificate.empty() != result.key.empty())
    return make_error(ec::invalid_argument,
                      "gateway.certificate and gateway.key go together; name "
                      "both or none");
  if (!result.key.empty())
    return result;
  auto directory = data + "/tls";
  std::error_code code;
  std::filesystem::create_directories(directory, code);
  if (code)
    return make_error(ec::io_failed,
                      "cannot create " + directory + ": " + code.message());
  result = {directory + "/certificate.pem", directory + "/key.pem"};
  auto names = hosts;
  names.insert(names.end(), {"localhost", "127.0.0.1", "::1"});
  if (address != "0.0.0.0" && address != "::" && !is_loopback(address))
    names.push_back(address);
  if (auto err = gateway::ensure_certificate(result, names, wall_clock()))
    return err;
  return result;
}

} // namespace

caf::expected<gateway::server_options>
server_options_of(const config::config& settings, const std::string& data) {
  gateway::server_options result;
  result.address = settings.text("gateway.address");
  result.port = static_cast<uint16_t>(settings.integer("gateway.port"));
  result.hosts = list_of(settings.text("gateway.hosts"));
  result.origins = list_of(settings.text("gateway.origins"));
  result.max_connections_of_address =
    static_cast<size_t>(settings.integer("limits.connections_per_address"));
  result.same_client = [](auto& x) { return gateway::address_key(x); };
  result.threads = std::clamp(std::thread::hardware_concurrency(), 2U, 16U);
  if (settings.text("gateway.tls") == "on") {
    auto files = tls_files_of(settings, data, result.hosts, result.address);
    if (!files)
      return std::move(files.error());
    result.tls = std::move(*files);
  } else if (!is_loopback(result.address)
             && !settings.boolean("gateway.allow_plain")) {
    return make_error(ec::denied,
                      "gateway.address is " + result.address
                        + ", where others could read along; set gateway.tls "
                          "to on, or gateway.allow_plain to true if a proxy "
                          "before it has TLS");
  }
  return result;
}

gateway::repository_roots repositories_of(const config::config& settings) {
  return gateway::repository_roots{list_of(settings.text("run.repositories"))};
}

gateway::rate_rules rate_rules_of(const config::config& settings) {
  auto rate = [&](const std::string& of) {
    return gateway::limit_of_rate(settings.integer("limits." + of + "_rate"),
                                  settings.integer("limits." + of + "_burst"));
  };
  auto streams = [&](const std::string& of) {
    return static_cast<size_t>(settings.integer("limits.streams_per_" + of));
  };
  gateway::rate_rules result;
  result.address = rate("address");
  result.key = rate("key");
  result.principal = rate("principal");
  result.tenant = rate("tenant");
  result.failure_cost =
    static_cast<uint32_t>(settings.integer("limits.failure_cost"));
  result.streams_of_address = streams("address");
  result.streams_of_key = streams("key");
  result.streams_of_principal = streams("principal");
  result.streams_of_tenant = streams("tenant");
  result.max_tracked = static_cast<size_t>(settings.integer("limits.tracked"));
  return result;
}

} // namespace machine::deploy
