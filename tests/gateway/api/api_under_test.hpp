#pragma once

#include "gateway/api/api.hpp"
#include "runtime/clock.hpp"
#include "tests/gateway/api/contract_under_test.hpp"
#include "tests/gateway/http/server_under_test.hpp"
#include "tests/support/machine_under_test.hpp"

#include <nlohmann/json.hpp>

#include <atomic>

namespace machine::test {

using nlohmann::json;

constexpr const char* no_rules = "rules: []\n";

/// Does something at once, and costs nothing.
constexpr const char* quick = R"(
name: quick
inputs:
  what: {type: string, default: x}
vars: {x: 1}
steps:
  - {id: one, set: {x: .vars.x + 1}}
output: .vars.x
)";

/// Waits for an answer.
constexpr const char* asking = R"(
name: asking
steps:
  - {id: ok, approve: "Go on?"}
output: .steps.ok.output.approved
)";

/// The clock of this computer, and later.
class test_clock {
public:
  void operator+=(duration more) {
    ahead_ = ahead_ + more.count();
  }

  timestamp now() const {
    return wall_clock() + duration{ahead_};
  }

private:
  std::atomic<duration::rep> ahead_{0};
};

/// A machine behind its door.
class api_under_test {
public:
  explicit api_under_test(std::string script = no_rules,
                          const gateway::password_rules& rules = cheap(),
                          const server_under_test::tune& how = {});

  /// Hashes that cost nothing, and guesses that are not slowed down.
  static gateway::password_rules cheap();

  /// The test fails if the exchange is not as the OpenAPI document says.
  raw_answer ask(const std::string& method, const std::string& path,
                 const std::string& body = "",
                 const std::string& headers = "") const;

  /// The document that comes with *status*; the test fails if it is another.
  json expect(int status, const std::string& method, const std::string& path,
              const std::string& body = "",
              const std::string& headers = "") const;

  json get(const std::string& path) const;

  /// What is wrong with a request, in words.
  std::string problem(int status, const std::string& method,
                      const std::string& path, const std::string& body = "",
                      const std::string& headers = "") const;

  /// Begins a run; its id.
  std::string start(const std::string& workflow, json more = json::object(),
                    const std::string& headers = "") const;

  /// Waits until so many questions of a run are open.
  void wait_for_questions(const std::string& id, size_t count = 1);

  /// A connection that has asked for the events after *number* as a stream.
  raw_client follow(const std::string& id, uint64_t after,
                    const std::string& headers = "") const;

  machine_under_test machine;
  /// With which the keys of issuers grow old.
  test_clock later;
  std::shared_ptr<net::client> http =
    std::make_shared<net::client>(net::client_options{.direct = true});
  /// Opened when a client asks the machine to stop.
  gate stopping;
  std::shared_ptr<const gateway::api_context> context;
  server_under_test server;

private:
  gateway::route_table routes(const gateway::password_rules& rules);

  contract_under_test contract_;
};

} // namespace machine::test

/// What a failed check shows of a document.
template <>
struct Catch::StringMaker<nlohmann::json> {
  static std::string convert(const nlohmann::json& x) {
    return x.dump();
  }
};
