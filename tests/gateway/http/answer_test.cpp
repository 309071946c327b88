#include "tests/gateway/http/server_under_test.hpp"

#include "runtime/pool.hpp"

#include <stdexcept>

using namespace machine;
using namespace machine::gateway;
using test::kept;
using test::route_of;
using test::server_under_test;

TEST_CASE("HEAD gets the header of GET and no body") {
  server_under_test it{test::plain_routes()};
  auto client = it.connect();
  REQUIRE(client.send(it.request("HEAD", "/hello")));
  auto head = client.read(true);
  CHECK(head.status == 200);
  CHECK(head.header("content-length") == "5");
  // Had a body come, it would stand before this answer.
  REQUIRE(client.send(it.request("GET", "/hello")));
  CHECK(client.read().body == "hello");
  CHECK(it.ask(it.request("GET", "/echo")).status == 405);
  auto other = it.connect();
  REQUIRE(other.send(it.request("HEAD", "/echo")));
  CHECK(other.read(true).status == 405);
  other.finish_sending();
  CHECK(other.read_all().empty());
}

TEST_CASE("what comes after HEAD has its body again") {
  server_under_test it{test::plain_routes()};
  auto client = it.connect();
  REQUIRE(client.send(it.request("HEAD", "/hello")));
  CHECK(client.read(true).status == 200);
  REQUIRE(client.send("garbage\r\n\r\n"));
  auto refused = client.read();
  CHECK(refused.status == 400);
  CHECK(refused.is_problem());
}

TEST_CASE("a client that asks whether to go on is told so") {
  server_under_test it{test::plain_routes()};
  auto client = it.connect();
  auto head = [&](size_t size) {
    return it.request("POST", "/echo",
                      "Expect: 100-continue\r\nContent-Length: "
                        + std::to_string(size) + "\r\n");
  };
  REQUIRE(client.send(head(4)));
  CHECK(client.read().status == 100);
  REQUIRE(client.send("body"));
  CHECK(client.read().body == "body");
  // Not if the body would not be taken.
  REQUIRE(client.send(head(1'001)));
  CHECK(client.read().status == 413);
}

TEST_CASE("an exception in a handler is a 500, and the server lives") {
  auto routes = test::plain_routes();
  routes.push_back(
    route_of("GET", "/throw", [](const http_request&, const responder_ptr&) {
      throw std::runtime_error{"what nobody may see"};
    }));
  server_under_test it{std::move(routes)};
  auto client = it.connect();
  for (auto i = 0; i < 3; ++i) {
    REQUIRE(client.send(it.request("GET", "/throw")));
    auto answer = client.read();
    CHECK(answer.status == 500);
    CHECK(answer.is_problem());
    CHECK(answer.body.find("nobody may see") == std::string::npos);
  }
  REQUIRE(client.send(it.request("GET", "/hello")));
  CHECK(client.read().body == "hello");
}

TEST_CASE("a request that nobody answers any more is a 500 at once") {
  blocking_pool threads{1};
  gateway::route_table routes;
  routes.push_back(
    route_of("GET", "/drop", [&](const http_request&, responder_ptr to) {
      static_cast<void>(threads.post([to = std::move(to)] {}));
    }));
  server_under_test it{std::move(routes)};
  auto answer = it.ask(it.request("GET", "/drop"));
  CHECK(answer.status == 500);
  CHECK(answer.is_problem());
}

TEST_CASE("a request that is not answered in time is a 504") {
  auto stuck = std::make_shared<kept<responder_ptr>>();
  auto routes = test::plain_routes();
  routes.push_back(
    route_of("GET", "/stuck", [stuck](const http_request&, responder_ptr to) {
      stuck->put(std::move(to));
    }));
  server_under_test it{std::move(routes), [](server_options& x) {
                         x.answer_deadline = duration{50};
                       }};
  auto client = it.connect();
  REQUIRE(client.send(it.request("GET", "/stuck")));
  auto answer = client.read();
  CHECK(answer.status == 504);
  CHECK(answer.is_problem());
  // What comes too late goes nowhere.
  auto late = stuck->take();
  late->json(200, "1");
  late = nullptr;
  CHECK(client.read_all().empty());
  CHECK(it.ask(it.request("GET", "/hello")).status == 200);
}

TEST_CASE("the first answer counts") {
  gateway::route_table routes;
  routes.push_back(
    route_of("GET", "/twice", [](const http_request&, const responder_ptr& to) {
      to->json(200, "1");
      to->json(500, "2");
      if (to->stream_events() != nullptr)
        to->json(500, "3");
    }));
  server_under_test it{std::move(routes)};
  auto client = it.connect();
  for (auto i = 0; i < 20; ++i) {
    REQUIRE(client.send(it.request("GET", "/twice")));
    CHECK(client.read().body == "1");
  }
}

TEST_CASE("an answer may be long") {
  gateway::route_table routes;
  routes.push_back(
    route_of("GET", "/long", [](const http_request&, const responder_ptr& to) {
      to->reply(200, "text/plain", std::string(20'000'000, 'x'));
    }));
  server_under_test it{std::move(routes)};
  CHECK(it.ask(it.request("GET", "/long")).body
        == std::string(20'000'000, 'x'));
}

TEST_CASE("an error has the status that it means, and says it all") {
  auto with = [](ec code) {
    gateway::route_table routes;
    routes.push_back(route_of(
      "GET", "/fail", [code](const http_request&, const responder_ptr& to) {
        to->problem(make_error(code, "a \"thing\" is \n wrong"));
      }));
    server_under_test it{std::move(routes)};
    return it.ask(it.request("GET", "/fail"));
  };
  auto missing = with(ec::not_found);
  CHECK(missing.status == 404);
  CHECK(missing.header("content-type") == "application/problem+json");
  CHECK(missing.body
        == R"({"type":"about:blank","title":"Not Found","status":404,)"
           R"("code":"not_found","detail":"a \"thing\" is \n wrong"})");
  CHECK(with(ec::invalid_argument).status == 400);
  CHECK(with(ec::conflict).status == 409);
  CHECK(with(ec::denied).status == 403);
  CHECK(with(ec::budget_exceeded).status == 402);
  CHECK(with(ec::no_model).status == 422);
  CHECK(with(ec::overloaded).status == 503);
  CHECK(with(ec::storage_full).status == 507);
  CHECK(with(ec::internal).status == 500);
}

TEST_CASE("a long answer may take its time while its client reads") {
  // More than the system keeps for a connection.
  const std::string body(32u << 20, 'x');
  auto streams =
    std::make_shared<test::kept<std::shared_ptr<gateway::event_stream>>>();
  auto routes = test::plain_routes();
  routes.push_back(
    route_of("GET", "/long", [&](const http_request&, const responder_ptr& to) {
      to->reply(200, "text/plain", body);
    }));
  routes.push_back(route_of("GET", "/beats",
                            [=](const http_request&, const responder_ptr& to) {
                              streams->put(to->stream_events());
                            }));
  constexpr duration deadline{400};
  server_under_test it{std::move(routes), [&](server_options& x) {
                         x.write_deadline = deadline;
                         x.heartbeat = duration{20};
                       }};
  auto client = it.connect();
  REQUIRE(client.send(it.request("GET", "/long")));
  // Signs of life are its clock: it reads a piece at each.
  auto beats = it.connect();
  REQUIRE(beats.send(it.request("GET", "/beats")));
  beats.read();
  auto begin = std::chrono::steady_clock::now();
  CHECK(client.read(true).header("content-length")
        == std::to_string(body.size()));
  for (size_t rest = body.size(); rest > 0;) {
    REQUIRE(beats.read_until("\n\n"));
    auto piece = std::min<size_t>(rest, 1u << 20);
    CHECK(client.read_bytes(piece).size() == piece);
    rest -= piece;
  }
  CHECK(std::chrono::steady_clock::now() - begin > deadline);
}
