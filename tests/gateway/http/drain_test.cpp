#include "tests/gateway/http/server_under_test.hpp"

#include <thread>

using namespace machine;
using gateway::http_request;
using gateway::responder_ptr;
using test::gate;
using test::kept;
using test::route_of;
using test::server_under_test;

TEST_CASE("a server that drains lets requests finish, and sends streams away") {
  auto stuck = std::make_shared<kept<responder_ptr>>();
  auto streams =
    std::make_shared<kept<std::shared_ptr<gateway::event_stream>>>();
  auto routes = test::plain_routes();
  routes.push_back(
    route_of("GET", "/stuck", [=](const http_request&, responder_ptr to) {
      stuck->put(std::move(to));
    }));
  routes.push_back(route_of("GET", "/events",
                            [=](const http_request&, const responder_ptr& to) {
                              streams->put(to->stream_events());
                            }));
  server_under_test it{std::move(routes)};
  auto waits = it.connect();
  REQUIRE(waits.send(it.request("GET", "/stuck")));
  auto unanswered = stuck->take();
  auto follows = it.connect();
  REQUIRE(follows.send(it.request("GET", "/events")));
  auto stream = streams->take();
  stream->send("7", "e", "x");
  auto idles = it.connect();
  REQUIRE(idles.send(it.request("GET", "/hello")));
  CHECK(idles.read().status == 200);
  std::thread drain{[&] { it.drain(std::chrono::seconds{20}); }};
  // Who idles is closed, who follows is told, and nobody new comes in.
  CHECK(idles.read_all().empty());
  CHECK(follows.read().status == 200);
  CHECK(follows.next_event()->id == "7");
  CHECK(follows.next_event()->name == "reconnect");
  CHECK(follows.read_all().empty());
  CHECK(it.is_draining());
  unanswered->json(200, "1");
  auto last = waits.read();
  CHECK(last.status == 200);
  CHECK(last.header("connection") == "close");
  waits.leave();
  drain.join();
  CHECK(!it.connect().connected());
}

TEST_CASE("draining takes no longer than it may") {
  auto stuck = std::make_shared<kept<responder_ptr>>();
  auto routes = test::plain_routes();
  routes.push_back(
    route_of("GET", "/stuck", [=](const http_request&, responder_ptr to) {
      stuck->put(std::move(to));
    }));
  server_under_test it{std::move(routes)};
  auto waits = it.connect();
  REQUIRE(waits.send(it.request("GET", "/stuck")));
  auto unanswered = stuck->take();
  it.drain(duration{10});
  it.drain(duration{10});
  it.stop();
  CHECK(waits.read_all().empty());
}
