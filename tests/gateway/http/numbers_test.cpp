#include "tests/gateway/http/server_under_test.hpp"

using namespace machine;
using test::server_under_test;

TEST_CASE("answers are counted by route and status, whatever path was asked") {
  auto numbers = std::make_shared<metrics>();
  server_under_test it{test::plain_routes(), [&](gateway::server_options& x) {
                         x.numbers = numbers;
                       }};
  auto has = [&](const std::string& line) {
    return numbers->render().find(line) != std::string::npos;
  };
  auto client = it.connect();
  auto ask = [&](const std::string& method, const std::string& target) {
    REQUIRE(client.send(it.request(method, target)));
    client.read();
  };
  for (int i = 0; i < 3; ++i)
    ask("GET", "/things/" + std::to_string(i));
  ask("GET", "/things/4?odd=1");
  for (int i = 0; i < 5; ++i)
    ask("GET", "/nowhere/" + std::to_string(i));
  CHECK(has("themachine_http_requests_total{method=\"GET\",route=\"/things/"
            "{id}\",status=\"2xx\"} 3\n"));
  CHECK(has("route=\"none\",status=\"4xx\"} 6\n"));
  CHECK(has("themachine_http_request_seconds_count{method=\"GET\",route=\""
            "/things/{id}\"} 3\n"));
  CHECK(!has("nowhere"));
  CHECK(has("themachine_http_connections 1\n"));
}
