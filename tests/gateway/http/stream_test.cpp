#include "tests/gateway/http/server_under_test.hpp"

using namespace machine;
using namespace machine::gateway;
using test::gate;
using test::kept;
using test::route_of;
using test::server_under_test;

namespace {

using stream_ptr = std::shared_ptr<event_stream>;

/// A server whose `GET /events` gives the stream to the test.
struct streaming {
  std::shared_ptr<kept<stream_ptr>> next = std::make_shared<kept<stream_ptr>>();
  server_under_test server;

  explicit streaming(const server_under_test::tune& how = {})
      : server(
        [this] {
          auto routes = test::plain_routes();
          routes.push_back(route_of(
            "GET", "/events",
            [to = next](const http_request&, const responder_ptr& reply) {
              to->put(reply->stream_events());
            }));
          return routes;
        }(),
        how) {}

  test::raw_client connect(int window = 0) const {
    auto client = server.connect(window);
    REQUIRE(client.send(server.request("GET", "/events")));
    return client;
  }
};

void one_thread(server_options& x) {
  x.threads = 1;
}

} // namespace

TEST_CASE("events come as they were sent") {
  streaming it;
  auto client = it.connect();
  auto stream = it.next->take();
  stream->send("7", "first", "one");
  stream->send(std::nullopt, "second", "two\nlines");
  auto head = client.read();
  CHECK(head.status == 200);
  CHECK(head.header("content-type") == "text/event-stream");
  CHECK(head.header("cache-control") == "no-store");
  CHECK(client.read_until("\n\n") == "id: 7\nevent: first\ndata: one");
  CHECK(client.read_until("\n\n") == "event: second\ndata: two\ndata: lines");
  stream->close();
  CHECK(client.read_all().empty());
}

TEST_CASE("no line break in an event gets lost or begins a field") {
  streaming it;
  auto client = it.connect();
  auto stream = it.next->take();
  client.read();
  stream->send("1", "e", "a\rid: 9");
  CHECK(client.read_until("\n\n") == "id: 1\nevent: e\ndata: a\ndata: id: 9");
  stream->send("2", "e", "a\r\nb\n");
  CHECK(client.read_until("\n\n")
        == "id: 2\nevent: e\ndata: a\ndata: b\ndata: ");
  // Without data, no client would hear of it.
  stream->send("3", "e", "");
  CHECK(client.read_until("\n\n") == "id: 3\nevent: e\ndata: ");
}

TEST_CASE("a stream that has nothing to say shows that it lives") {
  streaming it{[](server_options& x) { x.heartbeat = duration{5}; }};
  auto client = it.connect();
  auto stream = it.next->take();
  client.read();
  CHECK(client.read_until("\n\n") == ": alive");
  CHECK(client.read_until("\n\n") == ": alive");
  stream->send("1", "e", "x");
  auto event = client.next_event();
  REQUIRE(event);
  CHECK(event->data == "x");
}

TEST_CASE("who sends hears when all has left") {
  streaming it;
  auto client = it.connect();
  auto stream = it.next->take();
  client.read();
  for (auto i = 0; i < 100; ++i) {
    gate left;
    stream->send(std::to_string(i), "e", "x");
    stream->on_drained([&] { left.open(); });
    REQUIRE(left.wait());
    CHECK(client.next_event()->id == std::to_string(i));
  }
}

TEST_CASE("a client that leaves is noticed") {
  streaming it;
  auto client = it.connect();
  auto stream = it.next->take();
  gate gone;
  stream->on_closed([&] { gone.open(); });
  client.read();
  client.leave();
  REQUIRE(gone.wait());
  // Whoever asks later hears it, too; and what is sent then does no harm.
  gate again;
  stream->on_closed([&] { again.open(); });
  REQUIRE(again.wait());
  stream->send("1", "e", "x");
  stream->on_drained([] { FAIL("nothing leaves"); });
  stream->close();
  CHECK(it.server.ask(it.server.request("GET", "/hello")).status == 200);
}

TEST_CASE("a client that does not read is dropped and told why") {
  streaming it{[](server_options& x) {
    one_thread(x);
    x.max_queued = 256u << 10;
  }};
  auto slow = it.connect(4'096);
  auto stream = it.next->take();
  gate gone;
  stream->on_closed([&] { gone.open(); });
  const std::string data(16u << 10, 'x');
  constexpr size_t sent = 1'000;
  for (size_t i = 0; i < sent; ++i)
    stream->send(std::to_string(i), "e", data);
  // The one thread of the server has done all that by the time it answers.
  CHECK(it.server.ask(it.server.request("GET", "/hello")).status == 200);
  slow.read();
  size_t count = 0;
  for (;;) {
    auto event = slow.next_event();
    REQUIRE(event);
    if (event->name == "dropped") {
      CHECK(event->data.find("\"reason\"") != std::string::npos);
      break;
    }
    REQUIRE(event->id == std::to_string(count));
    REQUIRE(event->data == data);
    ++count;
  }
  CHECK(count < sent);
  CHECK(!slow.next_event());
  REQUIRE(gone.wait());
}

TEST_CASE("a client that never reads again is gone, and slows nobody") {
  streaming it{[](server_options& x) {
    x.max_queued = 256u << 10;
    x.write_deadline = duration{100};
  }};
  auto slow = it.connect(4'096);
  auto stream = it.next->take();
  gate gone;
  stream->on_closed([&] { gone.open(); });
  const std::string data(64u << 10, 'x');
  for (auto i = 0; i < 500; ++i)
    stream->send(std::to_string(i), "e", data);
  CHECK(it.server.ask(it.server.request("GET", "/hello")).status == 200);
  REQUIRE(gone.wait());
}

TEST_CASE("one event may be longer than what may wait") {
  streaming it{[](server_options& x) { x.max_queued = 1'000; }};
  auto client = it.connect();
  auto stream = it.next->take();
  client.read();
  gate left;
  // Whatever is under way before it would make it wait.
  stream->on_drained([&] { left.open(); });
  REQUIRE(left.wait());
  stream->send("1", "e", std::string(100'000, 'x'));
  CHECK(client.next_event()->data == std::string(100'000, 'x'));
}

TEST_CASE("a stream ends when nobody can send to it any more") {
  streaming it;
  auto client = it.connect();
  auto stream = it.next->take();
  stream->send("1", "e", "x");
  stream = nullptr;
  client.read();
  CHECK(client.next_event()->id == "1");
  CHECK(!client.next_event());
}

TEST_CASE("HEAD of a stream is a header, and nobody sends to it") {
  streaming it;
  auto client = it.server.connect();
  REQUIRE(client.send(it.server.request("HEAD", "/events")));
  auto stream = it.next->take();
  gate gone;
  stream->on_closed([&] { gone.open(); });
  auto head = client.read(true);
  CHECK(head.status == 200);
  CHECK(head.header("content-type") == "text/event-stream");
  REQUIRE(gone.wait());
  stream->send("1", "e", "x");
  CHECK(client.read_all().empty());
}
