#include "tests/gateway/http/server_under_test.hpp"

#include "runtime/pool.hpp"

#include <atomic>
#include <thread>
#include <vector>

using namespace machine;
using namespace machine::gateway;
using test::gate;
using test::kept;
using test::raw_client;
using test::route_of;
using test::server_under_test;

namespace {

/// Whether a connection to *it* is served.
bool is_served(const server_under_test& it, raw_client& client) {
  if (!client.send(it.request("GET", "/hello")))
    return false;
  auto answer = client.try_read();
  return answer && answer->status == 200;
}

/// Tries with new connections until one is served.
void await_service(const server_under_test& it) {
  auto until = std::chrono::steady_clock::now() + std::chrono::seconds{20};
  for (;;) {
    auto client = it.connect();
    if (is_served(it, client))
      return;
    if (std::chrono::steady_clock::now() > until)
      FAIL("no connection is served any more");
  }
}

} // namespace

TEST_CASE("so many connections are served, and others once one has left") {
  server_under_test it{test::plain_routes(),
                       [](server_options& x) { x.max_connections = 3; }};
  std::vector<raw_client> clients;
  for (auto i = 0; i < 3; ++i) {
    clients.push_back(it.connect());
    CHECK(is_served(it, clients.back()));
  }
  auto refused = it.connect();
  CHECK(!is_served(it, refused));
  for (auto& x : clients)
    CHECK(is_served(it, x));
  clients.pop_back();
  await_service(it);
}

TEST_CASE("a request that is never answered takes no place for ever") {
  auto stuck = std::make_shared<kept<responder_ptr>>();
  auto routes = test::plain_routes();
  routes.push_back(
    route_of("GET", "/stuck", [stuck](const http_request&, responder_ptr to) {
      stuck->put(std::move(to));
    }));
  server_under_test it{std::move(routes), [](server_options& x) {
                         x.max_connections = 1;
                         x.answer_deadline = duration{20};
                       }};
  CHECK(it.ask(it.request("GET", "/stuck")).status == 504);
  // Somebody has the responder still.
  await_service(it);
  auto late = stuck->take();
  CHECK(late != nullptr);
}

TEST_CASE("a stream whose client has left takes no place for ever") {
  auto kept_stream = std::make_shared<kept<std::shared_ptr<event_stream>>>();
  auto routes = test::plain_routes();
  routes.push_back(
    route_of("GET", "/events",
             [kept_stream](const http_request&, const responder_ptr& to) {
               kept_stream->put(to->stream_events());
             }));
  server_under_test it{std::move(routes),
                       [](server_options& x) { x.max_connections = 1; }};
  CHECK(it.ask(it.request("GET", "/events")).status == 200);
  auto stream = kept_stream->take();
  await_service(it);
  stream->close();
}

TEST_CASE("a server stops at once, whatever is going on") {
  auto stuck = std::make_shared<kept<responder_ptr>>();
  auto kept_stream = std::make_shared<kept<std::shared_ptr<event_stream>>>();
  auto held = std::make_shared<int>(0);
  std::weak_ptr<int> routes_live = held;
  auto routes = test::plain_routes();
  routes.push_back(route_of(
    "GET", "/stuck", [stuck, held](const http_request&, responder_ptr to) {
      stuck->put(std::move(to));
    }));
  routes.push_back(
    route_of("GET", "/events",
             [kept_stream](const http_request&, const responder_ptr& to) {
               kept_stream->put(to->stream_events());
             }));
  held = nullptr;
  auto it = std::make_unique<server_under_test>(std::move(routes));
  auto waits = it->connect();
  REQUIRE(waits.send(it->request("GET", "/stuck")));
  auto unanswered = stuck->take();
  auto follows = it->connect();
  REQUIRE(follows.send(it->request("GET", "/events")));
  auto stream = kept_stream->take();
  gate gone;
  stream->on_closed([&] { gone.open(); });
  follows.read();
  auto idles = it->connect();
  CHECK(is_served(*it, idles));
  auto half = it->connect();
  REQUIRE(half.send("GET /hello HT"));
  auto body = it->connect();
  REQUIRE(
    body.send(it->request("POST", "/echo", "Content-Length: 10\r\n") + "x"));
  auto begin = std::chrono::steady_clock::now();
  it->stop();
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds{5});
  // It has forgotten its routes, and everybody is gone.
  CHECK(routes_live.expired());
  REQUIRE(gone.wait());
  for (auto* x : {&waits, &follows, &idles, &half, &body})
    CHECK(x->read_all().empty());
  // What somebody still has does nothing.
  unanswered->json(200, "1");
  stream->send("1", "e", "x");
  gate told;
  stream->on_closed([&] { told.open(); });
  REQUIRE(told.wait());
  stream->close();
  it->stop();
  it = nullptr;
  stream->send("1", "e", "x");
  unanswered = nullptr;
  stream = nullptr;
}

TEST_CASE("an answer that was given before the stop arrives") {
  for (auto i = 0; i < 20; ++i) {
    gate answered;
    gateway::route_table routes;
    routes.push_back(
      route_of("GET", "/last", [&](const http_request&, responder_ptr to) {
        to->json(202, "1");
        answered.open();
      }));
    server_under_test it{std::move(routes)};
    auto client = it.connect();
    REQUIRE(client.send(it.request("GET", "/last")));
    REQUIRE(answered.wait());
    it.stop();
    CHECK(client.read().status == 202);
  }
}

TEST_CASE("a server may stop under any load, and lets go of everybody") {
  blocking_pool threads{2};
  auto elsewhere = [&](std::function<void()> job) {
    static_cast<void>(threads.post(std::move(job)));
  };
  for (auto round = 0; round < 10; ++round) {
    auto routes = test::plain_routes();
    // Answers and streams that come from other threads, at any time.
    routes.push_back(route_of(
      "GET", "/later", [&](const http_request&, const responder_ptr& to) {
        elsewhere([to] { to->json(200, "1"); });
      }));
    routes.push_back(route_of(
      "GET", "/events", [&](const http_request&, const responder_ptr& to) {
        elsewhere([stream = to->stream_events()] {
          for (auto i = 0; i < 100; ++i)
            stream->send(std::to_string(i), "e", "x");
          stream->on_drained([] {});
          stream->on_closed([stream] {});
        });
      }));
    auto it = std::make_unique<server_under_test>(std::move(routes));
    std::atomic<bool> stopping{false};
    gate busy{100};
    std::vector<std::thread> clients;
    for (auto* path : {"/hello", "/later", "/events", "/hello"})
      clients.emplace_back([&, path] {
        // What comes after the head of a stream is no answer.
        auto times = std::string{path} == "/events" ? 1 : 5;
        while (!stopping) {
          auto client = it->connect();
          for (auto i = 0; i < times && client.connected(); ++i)
            if (!client.send(it->request("GET", path)) || !client.try_read())
              break;
          busy.open();
        }
      });
    auto was_busy = busy.wait();
    it->stop();
    stopping = true;
    for (auto& x : clients)
      x.join();
    CHECK(was_busy);
  }
}
