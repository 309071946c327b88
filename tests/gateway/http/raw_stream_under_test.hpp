#pragma once

#include "runtime/telemetry/metrics.hpp"
#include "tests/gateway/http/server_under_test.hpp"

namespace machine::test {

using raw_ptr = std::shared_ptr<gateway::raw_stream>;

/// A route that may stream.
inline gateway::route streaming_route(std::string pattern,
                                      gateway::route_handler how,
                                      std::string method = "GET") {
  auto result = route_of(std::move(method), std::move(pattern), std::move(how));
  result.what = gateway::contract::gives_content("text/plain").or_stream();
  return result;
}

/// `GET /now`: three pieces and the end, at once.
inline gateway::route_table routes_at_once() {
  gateway::route_table routes;
  routes.push_back(
    streaming_route("/now", [](const gateway::http_request&,
                               const gateway::responder_ptr& reply) {
      auto to = reply->stream_raw({200, "text/plain", "one ", {}});
      to->send("two ");
      to->send("");
      to->send("three");
      to->close();
    }));
  return routes;
}

/// A server whose `GET /raw` gives the stream to the test.
struct raw_streaming {
  std::shared_ptr<handed<raw_ptr>> next = std::make_shared<handed<raw_ptr>>();
  std::shared_ptr<metrics> numbers = std::make_shared<metrics>();
  server_under_test server;

  explicit raw_streaming(const server_under_test::tune& how = {},
                         const gateway::http_answer& head =
                           {200, "text/x", {}, {{"X-Made-By", "test"}}})
      : server(routes(head), [&](gateway::server_options& x) {
          x.numbers = numbers;
          if (how)
            how(x);
        }) {}

  gateway::route_table routes(const gateway::http_answer& head) const {
    auto result = plain_routes();
    for (auto& x : routes_at_once())
      result.push_back(x);
    auto give = [to = next, head](const gateway::http_request&,
                                  const gateway::responder_ptr& reply) {
      to->put(reply->stream_raw(head));
    };
    result.push_back(streaming_route("/raw", give));
    return result;
  }

  raw_client connect(int window = 0) const {
    auto client = server.connect(window);
    REQUIRE(client.send(server.request("GET", "/raw")));
    return client;
  }

  /// The number behind *what* in the metrics.
  double number(const std::string& what) const {
    auto text = numbers->render();
    auto at = text.find("\n" + what + " ");
    REQUIRE(at != std::string::npos);
    return std::stod(text.substr(at + what.size() + 1));
  }

  double broken(const std::string& reason) const {
    return number("themachine_http_streams_broken_total{reason=\"" + reason
                  + "\"}");
  }
};

} // namespace machine::test
