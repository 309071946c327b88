#include "tests/gateway/http/server_under_test.hpp"

using namespace machine;
using gateway::http_request;
using gateway::responder_ptr;
using test::route_of;
using test::server_under_test;

namespace {

gateway::route_table tagged() {
  gateway::route_table routes;
  routes.push_back(
    route_of("GET", "/page", [](const http_request&, const responder_ptr& to) {
      to->answer({200, "text/plain", "words", {{"ETag", "\"v1\""}}});
    }));
  return routes;
}

} // namespace

TEST_CASE("who has the page already gets no more than that word") {
  server_under_test it{tagged()};
  auto knowing = [&](const std::string& tags) {
    return it.ask(
      it.request("GET", "/page", "If-None-Match: " + tags + "\r\n"));
  };
  for (auto* same : {"\"v1\"", "W/\"v1\"", "\"v0\", \"v1\"", "*"}) {
    auto answer = knowing(same);
    CHECK(answer.status == 304);
    CHECK(answer.header("etag") == "\"v1\"");
    CHECK(answer.body.empty());
  }
  for (auto* other : {"\"v2\"", "v1", "\"v11\""}) {
    auto answer = knowing(other);
    CHECK(answer.status == 200);
    CHECK(answer.body == "words");
  }
}
