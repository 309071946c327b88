#include "tests/runtime/net/recording.hpp"
#include "tests/runtime/net/server.hpp"

using namespace machine;
using namespace machine::test;

namespace {

/// How a request for what *script* serves ends.
std::pair<ec, std::string> outcome(const server::script& script,
                                   size_t most = 1'000) {
  server upstream{script};
  net::client http;
  auto what = get(upstream.url());
  what.max_response_bytes = most;
  return failure(http, what);
}

server::script raw(std::string text) {
  return [text = std::move(text)](connection& peer) {
    peer.read_request();
    peer.write(text);
  };
}

} // namespace

TEST_CASE("where nobody listens there is no connection") {
  auto fd = bind_any_port();
  auto port = port_of(fd);
  ::close(fd);
  net::client http;
  auto [code, message] =
    failure(http, get("http://127.0.0.1:" + std::to_string(port)));
  CHECK(code == ec::unavailable);
  CHECK(message.starts_with("cannot connect to 127.0.0.1"));
}

TEST_CASE("silence has a bound, before the answer and within it") {
  for (auto with_head : {false, true}) {
    server upstream{[&](connection& peer) {
      peer.read_request();
      if (with_head)
        peer.begin_stream();
      peer.closed_within(-1);
    }};
    net::client http;
    auto what = get(upstream.url());
    what.idle_timeout = duration{150};
    auto [code, message] = failure(http, what);
    CHECK(code == ec::timeout);
    CHECK(message.find("silent for 150 ms") != std::string::npos);
  }
}

TEST_CASE("an answer that trickles has a bound, too") {
  server upstream{[](connection& peer) {
    peer.read_request();
    peer.begin_stream();
    while (!peer.closed_within(10))
      peer.chunk(".");
  }};
  net::client http;
  auto what = get(upstream.url());
  what.total_timeout = duration{300};
  auto [code, message] = failure(http, what);
  CHECK(code == ec::timeout);
  CHECK(message.find("did not finish within 300 ms") != std::string::npos);
}

TEST_CASE("a request that is being sent is not silent") {
  constexpr size_t size = 64u << 20;
  server upstream{[](connection& peer) {
    size_t got = 0;
    while (got < size) {
      for (auto pause = got + (1u << 20); got < pause && got < size;) {
        auto part = peer.read(64u << 10);
        if (part.empty())
          return;
        got += part.size();
      }
      peer.closed_within(40);
    }
    peer.answer("ok");
  }};
  net::client http;
  auto what = post(upstream.url(), std::string(size, 'x'));
  what.idle_timeout = duration{1'000};
  CHECK(failure(http, what).second == "ok");
}

TEST_CASE("an answer is as long as it may be, and no longer") {
  CHECK(outcome(raw("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n12345"), 5)
        == std::pair{ec::none, std::string{"12345"}});
  auto [code, message] =
    outcome(raw("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n123456"), 5);
  CHECK(code == ec::limit_exceeded);
  CHECK(message.find("more than 5 bytes") != std::string::npos);
  auto many = std::string{"HTTP/1.1 200 OK\r\n"};
  for (auto i = 0; i < 300; ++i)
    many += "X-" + std::to_string(i) + ": y\r\n";
  CHECK(outcome(raw(many + "\r\n")).first == ec::limit_exceeded);
}

TEST_CASE("an answer that breaks off is none") {
  for (auto* text :
       {"", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12"}) {
    CAPTURE(text);
    CHECK(outcome(raw(text)).first == ec::io_failed);
  }
  CHECK(outcome([](connection& peer) {
          peer.read_request();
          peer.reset();
        }).first
        == ec::io_failed);
}

TEST_CASE("a server that speaks something else is called so") {
  auto [code, message] = outcome(raw("220 mail.example ESMTP\r\n"));
  CHECK(code == ec::io_failed);
  CHECK(message.find("no HTTP") != std::string::npos);
  CHECK(message.find("address") == std::string::npos);
}

TEST_CASE("a redirect is an answer like others") {
  server upstream{[](connection& peer) {
    while (peer.read_request())
      peer.write("HTTP/1.1 302 Found\r\nLocation: /other\r\n"
                 "Content-Length: 0\r\n\r\n");
  }};
  net::client http;
  auto answer = http.fetch(get(upstream.url()));
  REQUIRE(answer);
  CHECK(answer->head.status == 302);
  CHECK(answer->head.header("location") == "/other");
  CHECK(upstream.connections() == 1);
}

TEST_CASE("a request cannot smuggle another one") {
  server upstream{[](connection& peer) { peer.read_request(); }};
  net::client http;
  using namespace std::string_literals;
  for (auto& bad : {"a\rb"s, "a\nb"s, "a\0b"s}) {
    CHECK(failure(http, get(upstream.url("/" + bad))).first
          == ec::invalid_argument);
    auto what = get(upstream.url());
    what.headers = {{"X-Good", bad}};
    CHECK(failure(http, what).first == ec::invalid_argument);
    what.headers = {{bad, "good"}};
    CHECK(failure(http, what).first == ec::invalid_argument);
    what = get(upstream.url());
    what.method = bad;
    CHECK(failure(http, what).first == ec::invalid_argument);
  }
  auto what = get(upstream.url());
  what.method = "GET / HTTP/1.1";
  CHECK(failure(http, what).first == ec::invalid_argument);
  CHECK(failure(http, get("file:///etc/passwd")).first == ec::invalid_argument);
  CHECK(failure(http, get("http://")).first == ec::invalid_argument);
  CHECK(upstream.connections() == 0);
}
