#include "tests/gateway/http/raw_stream_under_test.hpp"

using namespace machine;
using namespace machine::gateway;
using test::gate;
using test::raw_streaming;

namespace {

/// A request as a client of HTTP/1.0 writes it.
std::string old_request(const raw_streaming& it, const std::string& target) {
  auto text = it.server.request("GET", target);
  return text.replace(text.find("HTTP/1.1"), 8, "HTTP/1.0");
}

} // namespace

TEST_CASE("pieces come as they are, and the connection goes on") {
  raw_streaming it;
  auto client = it.connect();
  auto stream = it.next->take();
  auto head = client.read();
  CHECK(head.status == 200);
  CHECK(head.header("content-type") == "text/x");
  CHECK(head.header("x-made-by") == "test");
  CHECK(head.header("cache-control") == "no-store");
  CHECK(head.header("transfer-encoding") == "chunked");
  CHECK(head.headers.count("content-length") == 0);
  CHECK(head.headers.count("connection") == 0);
  const std::string odd{"\r\n0\r\n\r\n\0x", 9};
  for (const auto& piece : {std::string{"a"}, odd, std::string(70'000, 'x')}) {
    stream->send(piece);
    std::string got;
    while (got.size() < piece.size())
      got += client.read_chunk().value();
    CHECK(got == piece);
  }
  stream->close();
  CHECK(client.read_chunk() == "");
  REQUIRE(client.send(it.server.request("GET", "/hello")));
  CHECK(client.read().body == "hello");
  // What is sent after the end does no harm.
  stream->send("late");
  stream->abort();
  stream = nullptr;
  REQUIRE(client.send(it.server.request("GET", "/hello")));
  CHECK(client.read().body == "hello");
}

TEST_CASE("what is given at once leaves as one chunk with the end") {
  raw_streaming it;
  auto client = it.server.connect();
  for (auto i = 0; i < 3; ++i) {
    REQUIRE(client.send(it.server.request("GET", "/now")));
    CHECK(client.read().status == 200);
    // A piece without bytes must not look as the end does.
    CHECK(client.read_chunk() == "one two three");
    CHECK(client.read_chunk() == "");
  }
}

TEST_CASE("a stream without pieces has a body without bytes") {
  raw_streaming it;
  auto client = it.connect();
  auto stream = it.next->take();
  stream->send("");
  stream->close();
  client.read();
  CHECK(client.read_chunk() == "");
  REQUIRE(client.send(it.server.request("GET", "/hello")));
  CHECK(client.read().body == "hello");
}

TEST_CASE("requests that come during a stream are answered after it") {
  raw_streaming it;
  auto client = it.server.connect();
  auto half = it.server.request("POST", "/echo", "", std::string(900, 'e'));
  REQUIRE(client.send(it.server.request("GET", "/raw")
                      + it.server.request("GET", "/things/1")
                      + half.substr(0, 20)));
  auto stream = it.next->take();
  client.read();
  REQUIRE(client.send(half.substr(20, 500)));
  stream->send("x");
  CHECK(client.read_chunk() == "x");
  stream->close();
  CHECK(client.read_chunk() == "");
  CHECK(client.read().body == "/things/1 1 none");
  REQUIRE(client.send(half.substr(520) + it.server.request("GET", "/now")));
  CHECK(client.read().body == std::string(900, 'e'));
  client.read();
  CHECK(client.read_chunks() == "one two three");
}

TEST_CASE("more than may be read ahead waits, and is not lost") {
  raw_streaming it;
  auto client = it.connect();
  auto stream = it.next->take();
  std::string many;
  constexpr size_t count = 1'000;
  for (size_t i = 0; i < count; ++i)
    many += it.server.request("GET", "/things/" + std::to_string(i));
  REQUIRE(many.size() > 65'536);
  REQUIRE(client.send(many));
  client.read();
  stream->close();
  CHECK(client.read_chunk() == "");
  for (size_t i = 0; i < count; ++i) {
    auto name = std::to_string(i);
    REQUIRE(client.read().body == "/things/" + name + " " + name + " none");
  }
}

TEST_CASE("to a client of HTTP/1.0 the connection's end is the body's") {
  raw_streaming it;
  auto client = it.server.connect();
  REQUIRE(client.send(old_request(it, "/raw")));
  auto stream = it.next->take();
  auto head = client.read_until("\r\n\r\n").value();
  CHECK(head.starts_with("HTTP/1.0 200 OK\r\n"));
  CHECK(head.find("Transfer-Encoding") == std::string::npos);
  CHECK(head.find("\r\nConnection: close") != std::string::npos);
  stream->send("one\r\n");
  stream->send("two");
  stream->close();
  CHECK(client.read_all() == "one\r\ntwo");
  CHECK(!client.was_reset());
  auto other = it.server.connect();
  REQUIRE(other.send(old_request(it, "/raw")));
  auto broken = it.next->take();
  other.read_until("\r\n\r\n");
  broken->abort();
  other.read_all();
  CHECK(other.was_reset());
}

TEST_CASE("a client that wants no more on its connection gets none") {
  raw_streaming it;
  auto client = it.server.connect();
  REQUIRE(
    client.send(it.server.request("GET", "/now", "Connection: close\r\n")));
  CHECK(client.read().header("connection") == "close");
  CHECK(client.read_chunks() == "one two three");
  CHECK(client.read_all().empty());
}

TEST_CASE("HEAD of a stream of bytes is a head, and the connection goes on") {
  raw_streaming it;
  auto client = it.server.connect();
  REQUIRE(client.send(it.server.request("HEAD", "/raw")));
  auto stream = it.next->take();
  gate over;
  stream->on_closed([&] { over.open(); });
  CHECK(client.read(true).header("transfer-encoding") == "chunked");
  REQUIRE(over.wait());
  stream->send("x");
  REQUIRE(client.send(it.server.request("GET", "/hello")));
  CHECK(client.read().body == "hello");
}

TEST_CASE("a status that has no body has none") {
  raw_streaming it{{}, {204, "", "", {}}};
  auto client = it.connect();
  auto stream = it.next->take();
  stream->send("x");
  auto head = client.read();
  CHECK(head.status == 204);
  CHECK(head.headers.count("transfer-encoding") == 0);
  REQUIRE(client.send(it.server.request("GET", "/hello")));
  CHECK(client.read().body == "hello");
}

TEST_CASE("a stream that was broken off has no end, but what was sent") {
  for (auto how : {0, 1}) {
    raw_streaming it;
    auto client = it.connect();
    auto stream = it.next->take();
    gate over;
    stream->on_closed([&] { over.open(); });
    stream->send("so far");
    if (how == 0)
      stream->abort();
    else
      stream = nullptr;
    client.read();
    CHECK(client.read_chunk() == "so far");
    CHECK(!client.read_chunk());
    REQUIRE(over.wait());
    CHECK(it.broken("aborted") == 1);
  }
}

TEST_CASE("a head that cannot be sent is a 500") {
  for (const auto& head : {http_answer{199, "text/plain", "", {}},
                           http_answer{600, "text/plain", "", {}},
                           http_answer{200, "a\r\nb: c", "", {}},
                           http_answer{200, "a", "", {{"X", "1\r\n2"}}},
                           http_answer{200, "a", "", {{"X Y", "1"}}},
                           http_answer{200, "a", "", {{"", "1"}}},
                           http_answer{200, "a", "", {{"content-length", "1"}}},
                           http_answer{200, "a", "", {{"Connection", "x"}}}}) {
    raw_streaming it{{}, head};
    auto answer = it.server.ask(it.server.request("GET", "/raw"));
    CHECK(answer.status == 500);
    CHECK(answer.is_problem());
    CHECK(it.next->take() == nullptr);
  }
}

TEST_CASE("a route that does not say that it streams does not") {
  auto routes = test::plain_routes();
  auto at_once = test::routes_at_once();
  routes.push_back(test::route_of("GET", "/now", at_once.front().handle));
  test::server_under_test it{std::move(routes)};
  CHECK(it.ask(it.request("GET", "/now")).status == 500);
}

TEST_CASE("a header of the answer counts instead of the usual one") {
  raw_streaming it{{}, {200, "a", "", {{"cache-control", "private"}}}};
  auto client = it.connect();
  auto stream = it.next->take();
  auto head = client.read_until("\r\n\r\n").value();
  CHECK(head.find("cache-control: private") != std::string::npos);
  CHECK(head.find("no-store") == std::string::npos);
  stream->close();
}

TEST_CASE("signs of life are what the owner says, and none without it") {
  raw_streaming it{[](server_options& x) { x.heartbeat = duration{5}; }};
  auto client = it.connect();
  auto stream = it.next->take();
  client.read();
  stream->set_heartbeat(": alive\n\n");
  CHECK(client.read_chunk() == ": alive\n\n");
  CHECK(client.read_chunk() == ": alive\n\n");
  stream->set_heartbeat("");
  stream->close();
  auto rest = client.read_chunks();
  REQUIRE(rest);
  CHECK(rest->size() % 9 == 0);
}

TEST_CASE("who sends bytes hears when all have left") {
  raw_streaming it;
  auto client = it.connect();
  auto stream = it.next->take();
  client.read();
  for (auto i = 0; i < 100; ++i) {
    gate left;
    stream->send(std::to_string(i));
    stream->on_drained([&] { left.open(); });
    REQUIRE(left.wait());
    CHECK(client.read_chunk() == std::to_string(i));
  }
}
