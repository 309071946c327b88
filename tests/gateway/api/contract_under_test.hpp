#pragma once

#include "gateway/http/router.hpp"
#include "tests/gateway/http/server_under_test.hpp"

#include <nlohmann/json.hpp>

namespace machine::test {

/// Holds what was asked and answered against what the table of routes, and so
/// its OpenAPI document, says of it.
class contract_under_test {
public:
  explicit contract_under_test(gateway::route_table of);

  /// What is wrong with an exchange; empty: nothing. Of a request that was
  /// refused only the refusal is looked at.
  std::string find_breach(const std::string& method, const std::string& target,
                          const std::string& body,
                          const raw_answer& answer) const;

private:
  std::string find_breach(const nlohmann::json& schema,
                          const std::string& document) const;

  gateway::route_table routes_;
  gateway::router router_;
  nlohmann::json whole_;
};

} // namespace machine::test
