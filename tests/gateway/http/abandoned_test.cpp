#include "tests/gateway/http/server_under_test.hpp"

#include "runtime/telemetry/metrics.hpp"

using namespace machine;
using namespace machine::gateway;
using test::gate;
using test::handed;
using test::route_of;
using test::server_under_test;

namespace {

/// A server whose `GET /work` gives the responder to the test, which hears
/// through `gone` that nobody waits for the answer any more.
struct working {
  handed<responder_ptr> next;
  gate gone;
  std::atomic<int> times{0};
  std::shared_ptr<metrics> numbers = std::make_shared<metrics>();
  server_under_test server;

  explicit working(const server_under_test::tune& how = {})
      : server(
        [this] {
          auto routes = test::plain_routes();
          routes.push_back(route_of(
            "GET", "/work", [this](const http_request&, responder_ptr reply) {
              reply->on_abandoned([this] {
                ++times;
                gone.open();
              });
              next.put(std::move(reply));
            }));
          return routes;
        }(),
        [&](server_options& x) {
          x.numbers = numbers;
          if (how)
            how(x);
        }) {}

  test::raw_client connect() const {
    auto client = server.connect();
    REQUIRE(client.send(server.request("GET", "/work")));
    return client;
  }
};

} // namespace

TEST_CASE("who works on an answer hears that the client has gone") {
  for (auto pipelined : {false, true}) {
    working it;
    auto client = it.connect();
    auto reply = it.next.take();
    if (pipelined)
      REQUIRE(client.send(it.server.request("GET", "/hello")));
    client.leave();
    REQUIRE(it.gone.wait());
    reply->json(200, "1");
    reply = nullptr;
    it.server.stop();
    CHECK(it.times == 1);
  }
}

TEST_CASE("a client that was reset is counted as one that has gone") {
  working it;
  auto client = it.connect();
  auto reply = it.next.take();
  client.reset();
  REQUIRE(it.gone.wait());
  CHECK(it.numbers->render().find("themachine_http_requests_total{method=\"GET"
                                  "\",route=\"/work\",status=\"4xx\"} 1\n")
        != std::string::npos);
}

TEST_CASE("a client that only listens gets the answer, if there comes one") {
  working it;
  auto client = it.server.connect();
  REQUIRE(client.send(it.server.request("GET", "/work")
                      + it.server.request("GET", "/hello")));
  auto reply = it.next.take();
  client.finish_sending();
  REQUIRE(it.gone.wait());
  reply->reply(200, "text/plain", "all the same");
  CHECK(client.read().body == "all the same");
  // And to what it has asked for before.
  CHECK(client.read().body == "hello");
  CHECK(client.read_all().empty());
}

TEST_CASE("who has answered hears nothing any more") {
  working it;
  auto client = it.connect();
  for (auto i = 0; i < 10; ++i) {
    auto reply = it.next.take();
    reply->reply(200, "text/plain", std::to_string(i));
    // It is too late for that.
    reply->on_abandoned([] { FAIL("this was answered"); });
    CHECK(client.read().body == std::to_string(i));
    REQUIRE(client.send(it.server.request("GET", i < 9 ? "/work" : "/hello")));
  }
  CHECK(client.read().body == "hello");
  client.leave();
  it.server.stop();
  CHECK(it.times == 0);
}

TEST_CASE("requests that come while one is answered are not lost") {
  working it;
  auto client = it.connect();
  auto reply = it.next.take();
  auto echo = it.server.request("POST", "/echo", "", std::string(900, 'e'));
  REQUIRE(client.send(echo.substr(0, 30)));
  REQUIRE(client.send(echo.substr(30, 300)));
  reply->reply(200, "text/plain", "first");
  CHECK(client.read().body == "first");
  REQUIRE(client.send(echo.substr(330)));
  CHECK(client.read().body == std::string(900, 'e'));
  REQUIRE(client.send("garbage\r\n\r\n"));
  CHECK(client.read().status == 400);
  CHECK(client.read_all().empty());
}

TEST_CASE("who takes too long hears that, and who works when all ends, too") {
  working slow{[](server_options& x) { x.answer_deadline = duration{20}; }};
  auto client = slow.connect();
  auto reply = slow.next.take();
  CHECK(client.read().status == 504);
  REQUIRE(slow.gone.wait());
  working last;
  auto other = last.connect();
  auto never = last.next.take();
  last.server.stop();
  REQUIRE(last.gone.wait());
  CHECK(last.times == 1);
}

TEST_CASE("who asks late whether a client has gone hears it at once") {
  working it;
  auto client = it.connect();
  auto reply = it.next.take();
  client.leave();
  REQUIRE(it.gone.wait());
  gate again;
  reply->on_abandoned([&] { again.open(); });
  REQUIRE(again.wait());
}
