#include "tests/gateway/http/raw_stream_under_test.hpp"
#include "tests/gateway/http/socket_under_test.hpp"

#include "runtime/net/client.hpp"
#include "tests/support/directory.hpp"

#include <thread>

using namespace machine;
using namespace machine::gateway;
using test::gate;
using test::handed;
using test::raw_client;
using test::raw_ptr;
using test::raw_streaming;

TEST_CASE("a client that leaves a stream of bytes is noticed") {
  for (auto how : {0, 1, 2}) {
    raw_streaming it;
    auto client = it.connect();
    auto stream = it.next->take();
    gate gone;
    stream->on_closed([&] { gone.open(); });
    client.read();
    if (how == 1)
      REQUIRE(client.send(it.server.request("GET", "/hello")));
    // Nothing tells a client that has left from one that only listens.
    if (how == 2)
      client.finish_sending();
    else
      client.leave();
    REQUIRE(gone.wait());
    gate again;
    stream->on_closed([&] { again.open(); });
    REQUIRE(again.wait());
    stream->send("x");
    stream->on_drained([] { FAIL("nothing leaves"); });
    stream->close();
    CHECK(it.broken("gone") == 1);
  }
}

TEST_CASE("a client that does not read a stream of bytes is dropped") {
  raw_streaming it{[](server_options& x) {
    x.threads = 1;
    x.max_queued = 256u << 10;
  }};
  auto slow = it.connect(4'096);
  auto stream = it.next->take();
  gate gone;
  stream->on_closed([&] { gone.open(); });
  slow.read();
  const std::string piece(16u << 10, 'x');
  for (auto i = 0; i < 1'000; ++i)
    stream->send(piece);
  REQUIRE(gone.wait());
  CHECK(it.broken("queue") == 1);
  // It sees that this is not all.
  CHECK(!slow.read_chunks());
}

TEST_CASE("a client that never reads its bytes is gone at the deadline") {
  raw_streaming it{[](server_options& x) {
    x.max_queued = 64u << 20;
    x.write_deadline = duration{100};
  }};
  auto slow = it.connect(4'096);
  auto stream = it.next->take();
  gate gone;
  stream->on_closed([&] { gone.open(); });
  stream->send(std::string(32u << 20, 'x'));
  stream->close();
  CHECK(it.server.ask(it.server.request("GET", "/hello")).status == 200);
  REQUIRE(gone.wait());
  CHECK(it.broken("unread") == 1);
}

TEST_CASE("one piece may be longer than what may wait, if nothing waits") {
  raw_streaming it{[](server_options& x) { x.max_queued = 1'000; }};
  auto client = it.connect();
  auto stream = it.next->take();
  client.read();
  gate left;
  stream->on_drained([&] { left.open(); });
  REQUIRE(left.wait());
  stream->send(std::string(300'000, 'x'));
  stream->close();
  CHECK(client.read_chunks() == std::string(300'000, 'x'));
}

TEST_CASE("whoever may not be here any more has their stream broken off") {
  struct fickle final : doorman {
    void admit(const route&, const http_request&,
               std::function<void(admission)> then) override {
      then({});
    }

    void check(const route&, const http_request&,
               std::function<void(admission)> then) override {
      then(
        {nullptr, problem_answer(make_error(ec::unauthenticated, "gone")), {}});
    }
  };
  raw_streaming it{[](server_options& x) {
    x.door = std::make_shared<fickle>();
    x.check_period = duration{1};
  }};
  auto client = it.connect();
  auto stream = it.next->take();
  client.read();
  CHECK(!client.read_chunk());
  CHECK(it.broken("refused") == 1);
}

TEST_CASE("a server that drains lets streams of bytes come to their end") {
  raw_streaming it;
  auto client = it.connect();
  auto stream = it.next->take();
  client.read();
  std::thread drain{[&] { it.server.drain(std::chrono::seconds{20}); }};
  while (!it.server.is_draining())
    std::this_thread::yield();
  stream->send("still here");
  CHECK(client.read_chunk() == "still here");
  stream->close();
  CHECK(client.read_chunk() == "");
  CHECK(client.read_all().empty());
  drain.join();
}

TEST_CASE("a server that stops ends streams of bytes, but sends whole ones") {
  for (auto i = 0; i < 10; ++i) {
    raw_streaming it;
    auto whole = it.connect();
    auto first = it.next->take();
    auto open = it.connect();
    auto second = it.next->take();
    gate gone;
    second->on_closed([&] { gone.open(); });
    first->send("all");
    first->close();
    it.server.stop();
    REQUIRE(gone.wait());
    CHECK(whole.read().status == 200);
    CHECK(whole.read_chunks() == "all");
    second->send("x");
    second->close();
  }
}

TEST_CASE("many streams of bytes at once do not mix") {
  raw_streaming it;
  constexpr size_t count = 64;
  std::vector<raw_client> clients;
  std::vector<raw_ptr> streams;
  for (size_t i = 0; i < count; ++i) {
    clients.push_back(it.connect());
    streams.push_back(it.next->take());
  }
  for (size_t round = 0; round < 3; ++round) {
    std::vector<std::thread> senders;
    for (size_t first = 0; first < 4; ++first)
      senders.emplace_back([&, first] {
        for (size_t piece = 0; piece < 50; ++piece)
          for (auto i = first; i < count; i += 4)
            streams[i]->send(std::to_string(i) + ":" + std::to_string(piece)
                             + ";");
        for (auto i = first; i < count; i += 4)
          streams[i]->close();
      });
    for (auto& x : senders)
      x.join();
    for (size_t i = 0; i < count; ++i) {
      std::string all;
      for (size_t piece = 0; piece < 50; ++piece)
        all += std::to_string(i) + ":" + std::to_string(piece) + ";";
      REQUIRE(clients[i].read().status == 200);
      REQUIRE(clients[i].read_chunks() == all);
      REQUIRE(clients[i].send(it.server.request("GET", "/raw")));
      streams[i] = it.next->take();
    }
  }
}

TEST_CASE("streams of bytes go over TLS, many on one connection") {
  test::temporary_directory dir;
  tls_files files{dir / "certificate.pem", dir / "key.pem"};
  REQUIRE(
    !ensure_certificate(files, {"127.0.0.1"},
                        std::chrono::time_point_cast<std::chrono::microseconds>(
                          std::chrono::system_clock::now())));
  raw_streaming it{[&](server_options& x) { x.tls = files; }};
  net::client http;
  auto ask = [&](const std::string& target) {
    net::request what;
    what.method = "GET";
    what.url = "https://127.0.0.1:" + std::to_string(it.server.port()) + target;
    what.headers = {{"Authorization", "Bearer sesame"}};
    what.addresses = net::address_policy::any;
    what.ca_file = files.certificate;
    return http.fetch(std::move(what));
  };
  for (auto i = 0; i < 10; ++i) {
    auto answer = ask("/now");
    REQUIRE(answer);
    CHECK(answer->body == "one two three");
    std::thread other{[&] {
      auto stream = it.next->take();
      for (auto n = 0; n < 10; ++n)
        stream->send(std::string(10'000, 'x'));
      stream->close();
    }};
    auto large = ask("/raw");
    other.join();
    REQUIRE(large);
    CHECK(large->body == std::string(100'000, 'x'));
  }
  CHECK(it.number("themachine_http_connections") == 1);
  std::thread other{[&] {
    auto stream = it.next->take();
    stream->send("x");
    stream->abort();
  }};
  CHECK(!ask("/raw"));
  other.join();
}

TEST_CASE("a stream of bytes is counted and traced when it is over") {
  std::mutex mutex;
  std::vector<span> spans;
  raw_streaming it{[&](server_options& x) {
    x.traces = {[&](span one) {
                  std::lock_guard guard{mutex};
                  spans.push_back(std::move(one));
                },
                1};
  }};
  auto recorded = [&] {
    std::lock_guard guard{mutex};
    return spans.size();
  };
  auto client = it.connect();
  auto stream = it.next->take();
  client.read();
  CHECK(recorded() == 0);
  CHECK(it.number("themachine_http_streams") == 1);
  gate over;
  stream->on_closed([&] { over.open(); });
  stream->send("12345");
  stream->close();
  CHECK(client.read_chunks() == "12345");
  REQUIRE(over.wait());
  CHECK(recorded() == 1);
  REQUIRE(client.send(it.server.request("GET", "/hello")));
  client.read();
  CHECK(it.number("themachine_http_streams") == 0);
  CHECK(it.number("themachine_http_requests_total{method=\"GET\",route=\"/raw\""
                  ",status=\"2xx\"}")
        == 1);
  // The head, too, and both chunks.
  CHECK(it.number("themachine_http_streamed_bytes_total{method=\"GET\",route=\""
                  "/raw\"}")
        > 100);
}

TEST_CASE("a WebSocket may be asked for while a stream of bytes is open") {
  handed<raw_ptr> next;
  test::echo_server it{
    {},
    {test::streaming_route(
      "/raw", [&](const http_request&, const responder_ptr& reply) {
        next.put(reply->stream_raw({200, "text/plain", "", {}}));
      })}};
  auto client = it.server.connect();
  auto frame = test::client_frame(0x81, "hello");
  REQUIRE(client.send(
    it.server.request("GET", "/raw")
    + test::socket_request(it.server.port(), "/socket", test::bearer) + frame));
  auto stream = next.take();
  stream->close();
  client.read();
  CHECK(client.read_chunks() == "");
  CHECK(client.read().status == 101);
  for (auto i = 0; i < 3; ++i) {
    CHECK(client.read_bytes(7) == "\x81\x05hello");
    REQUIRE(client.send(frame));
  }
  client.leave();
  REQUIRE(it.gone->take()->wait());
}

TEST_CASE("a message gets the bytes of a stream as one answer") {
  handed<raw_ptr> next;
  auto routes = test::routes_at_once();
  routes.push_back(test::streaming_route(
    "/raw", [&](const http_request&, const responder_ptr& reply) {
      next.put(reply->stream_raw({200, "text/plain", "", {}}));
    }));
  test::echo_server it{[](server_options& x) { x.max_queued = 100'000; },
                       routes};
  auto client = it.connect();
  auto begin = [&](const std::string& target) {
    client.send(0x81, "GET " + target);
  };
  auto heard = [&] { return client.next().payload; };
  begin("/now");
  CHECK(heard() == "200 one two three");
  begin("/raw");
  auto broken = next.take();
  gate over;
  broken->on_closed([&] { over.open(); });
  broken->send("so far");
  broken = nullptr;
  CHECK(heard().starts_with("503 "));
  REQUIRE(over.wait());
  begin("/raw");
  auto large = next.take();
  for (auto i = 0; i < 11; ++i)
    large->send(std::string(10'000, 'x'));
  CHECK(heard().starts_with("413 "));
  begin("/raw");
  auto left = next.take();
  gate gone;
  left->on_closed([&] { gone.open(); });
  client.leave();
  REQUIRE(gone.wait());
}
