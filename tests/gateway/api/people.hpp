#pragma once

#include "tests/gateway/api/api_under_test.hpp"

namespace machine::test {

/// Somebody of a tenant, with a key.
struct person {
  std::string name;
  std::string tenant;
  std::optional<tenants::role> everywhere;
  std::map<std::string, tenants::role> projects;
  std::string secret;

  /// The headers of their requests.
  std::string headers() const {
    return "Authorization: Bearer " + secret + "\r\n";
  }
};

/// A machine with tenants and people of all kinds.
class people_under_test : public api_under_test {
public:
  using api_under_test::api_under_test;

  void make_tenant(const std::string& id) const {
    expect(201, "POST", "/tenants", json{{"id", id}}.dump());
  }

  /// Makes somebody, and a key for them.
  person make(const std::string& tenant, const std::string& name,
              std::optional<tenants::role> everywhere,
              std::map<std::string, tenants::role> projects = {}) const {
    auto in = "X-Tenant: " + tenant + "\r\n";
    json body{{"id", name}, {"projects", json::object()}};
    if (everywhere)
      body["role"] = wire::to_name(*everywhere);
    for (auto& [project, role] : projects)
      body["projects"][project] = wire::to_name(role);
    expect(201, "POST", "/principals", body.dump(), in);
    auto key =
      expect(201, "POST", "/keys", json{{"principal", name}}.dump(), in);
    return {name, tenant, everywhere, std::move(projects), key["secret"]};
  }

  /// The answer to a request of *who*, or of nobody.
  raw_answer ask_as(const person* who, const std::string& method,
                    const std::string& target, const std::string& body = "",
                    const std::string& headers = "") const {
    auto text = method + " " + target
              + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
              + (who != nullptr ? who->headers() : "") + headers;
    if (!body.empty())
      text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    return server.ask(text + "\r\n" + body);
  }
};

} // namespace machine::test
