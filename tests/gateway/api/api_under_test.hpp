#pragma once

#include "gateway/api/api.hpp"
#include "tests/actors/node/machine_under_test.hpp"
#include "tests/gateway/http/server_under_test.hpp"

#include <nlohmann/json.hpp>

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

/// A machine behind its door.
class api_under_test {
public:
  explicit api_under_test(std::string script = no_rules)
      : machine(std::move(script)), server(routes()) {}

  raw_answer ask(const std::string& method, const std::string& path,
                 const std::string& body = "",
                 const std::string& headers = "") const {
    return server.ask(server.request(method, "/api/v1" + path, headers, body));
  }

  /// The document that comes with *status*; the test fails if it is another.
  json expect(int status, const std::string& method, const std::string& path,
              const std::string& body = "",
              const std::string& headers = "") const {
    auto answer = ask(method, path, body, headers);
    INFO(method << " " << path << " " << body << "\n" << answer.body);
    REQUIRE(answer.status == status);
    if (status >= 400)
      CHECK(answer.is_problem());
    return json::parse(answer.body);
  }

  json get(const std::string& path) const {
    return expect(200, "GET", path);
  }

  /// What is wrong with a request, in words.
  std::string problem(int status, const std::string& method,
                      const std::string& path, const std::string& body = "",
                      const std::string& headers = "") const {
    return expect(status, method, path, body, headers)["detail"];
  }

  /// Begins a run; its id.
  std::string start(const std::string& workflow, json more = json::object(),
                    const std::string& headers = "") const {
    more["workflow"] = workflow;
    if (!more.contains("title"))
      more["title"] = "do it";
    return expect(201, "POST", "/runs", more.dump(), headers)["id"];
  }

  /// Waits until so many questions of a run are open.
  void wait_for_questions(const std::string& id, size_t count = 1) {
    machine.wait(id, [count](auto& now) {
      size_t open = 0;
      for (auto& x : now.interrupts)
        open += x.phase == orchestrator::interrupt_phase::open ? 1 : 0;
      return open == count;
    });
  }

  /// A connection that has asked for the events after *number* as a stream.
  raw_client follow(const std::string& id, uint64_t after,
                    const std::string& headers = "") const {
    auto client = server.connect();
    if (!client.send(server.request(
          "GET",
          "/api/v1/runs/" + id + "/events?after=" + std::to_string(after),
          "Accept: text/event-stream\r\n" + headers)))
      FAIL("the server hung up");
    return client;
  }

  machine_under_test machine;
  /// Opened when a client asks the machine to stop.
  gate stopping;
  server_under_test server;

private:
  gateway::route_table routes() {
    auto context = std::make_shared<gateway::api_context>();
    context->machine = &machine.node();
    context->version = "1.2.3";
    context->workflows["feature"] = quick;
    context->config = R"([{"key":"gateway.port"}])";
    context->stop = [this] { stopping.open(); };
    return gateway::make_routes(context);
  }
};

} // namespace machine::test
