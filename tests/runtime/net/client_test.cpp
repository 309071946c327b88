#include "tests/runtime/net/recording.hpp"
#include "tests/runtime/net/server.hpp"

#include <atomic>

using namespace machine;
using namespace machine::test;

namespace {

void answer_all(connection& peer) {
  while (auto request = peer.read_request())
    peer.answer("ok");
}

} // namespace

TEST_CASE("an answer comes with its status and headers, in order") {
  std::string asked;
  server upstream{[&](connection& peer) {
    asked = peer.read_request().value_or("");
    peer.write("HTTP/1.1 404 Not Found\r\nX-Thing:  a b \r\n"
               "Content-Length: 4\r\n\r\nnone");
  }};
  net::client http;
  recording seen;
  auto what = get(upstream.url("/a?b=c"));
  what.headers = {{"Accept", "text/plain"}, {"X-Empty", ""}};
  http.start(std::move(what), seen.handlers());
  REQUIRE(seen.done.wait());
  CHECK(!seen.why);
  CHECK(seen.order == "hde");
  CHECK(seen.head.status == 404);
  CHECK(seen.head.header("x-thing") == "a b ");
  CHECK(seen.body == "none");
  CHECK(asked.starts_with("GET /a?b=c HTTP/1.1\r\n"));
  CHECK(asked.find("Accept: text/plain\r\n") != std::string::npos);
  CHECK(asked.find("X-Empty:\r\n") != std::string::npos);
}

TEST_CASE("a stream is told piece by piece") {
  recording seen;
  auto first_was_seen = false;
  server upstream{[&](connection& peer) {
    peer.read_request();
    peer.begin_stream();
    peer.chunk("one");
    first_was_seen = seen.started.wait();
    peer.chunk("two");
    peer.chunk("");
  }};
  net::client http;
  http.start(get(upstream.url()), seen.handlers());
  REQUIRE(seen.done.wait());
  CHECK(first_was_seen);
  CHECK(!seen.why);
  CHECK(seen.body == "onetwo");
}

TEST_CASE("a connection is used again, unless its server ends it") {
  server keeps{answer_all};
  net::client http;
  REQUIRE(http.fetch(get(keeps.url())));
  REQUIRE(http.fetch(post(keeps.url(), "x")));
  CHECK(keeps.connections() == 1);
  server ends{[](connection& peer) {
    peer.read_request();
    peer.answer("ok", "Connection: close\r\n");
  }};
  REQUIRE(http.fetch(get(ends.url())));
  REQUIRE(http.fetch(get(ends.url())));
  CHECK(ends.connections() == 2);
}

TEST_CASE("what may have happened is never asked for twice") {
  std::atomic<int> gets{0};
  std::atomic<int> posts{0};
  server upstream{[&](connection& peer) {
    auto answers = 0;
    while (auto request = peer.read_request()) {
      ++(request->starts_with("POST") ? posts : gets);
      // The first connection is closed without an answer to the second.
      if (peer.number() == 0 && ++answers > 1)
        return;
      peer.answer("ok");
    }
  }};
  net::client http;
  REQUIRE(http.fetch(get(upstream.url())));
  SECTION("a POST is lost with its connection") {
    auto [code, message] = failure(http, post(upstream.url(), "pay"));
    CHECK(code == ec::io_failed);
    CHECK(message.find("not asked again") != std::string::npos);
    CHECK(posts == 1);
    REQUIRE(http.fetch(post(upstream.url(), "pay")));
    CHECK(posts == 2);
  }
  SECTION("a GET does nothing, so it is sent again") {
    CHECK(http.fetch(get(upstream.url())));
    CHECK(gets == 3);
    CHECK(upstream.connections() == 2);
  }
}

TEST_CASE("a request may begin when another ends") {
  server upstream{answer_all};
  net::client http;
  recording second;
  recording first;
  first.then = [&](char what) {
    if (what == 'e')
      http.start(get(upstream.url()), second.handlers());
  };
  http.start(get(upstream.url()), first.handlers());
  REQUIRE(second.done.wait());
  CHECK(second.body == "ok");
  CHECK(http.pending() == 0);
}

TEST_CASE("cancelling closes the connection and ends the request once") {
  gate closed;
  gate asked;
  gate go_on;
  server upstream{[&](connection& peer) {
    auto request = peer.read_request();
    asked.open();
    go_on.wait();
    if (request && request->starts_with("GET /stream")) {
      peer.begin_stream();
      peer.chunk("part");
    }
    if (peer.closed_within(20'000))
      closed.open();
  }};
  net::client http;
  recording seen;
  SECTION("before the head") {
    auto id = http.start(get(upstream.url()), seen.handlers());
    REQUIRE(asked.wait());
    http.cancel(id);
    http.cancel(id);
    REQUIRE(seen.done.wait());
    CHECK(seen.order == "e");
    go_on.open();
    http.cancel(id);
  }
  SECTION("in the middle of the body") {
    go_on.open();
    auto id = http.start(get(upstream.url("/stream")), seen.handlers());
    REQUIRE(seen.started.wait());
    http.cancel(id);
    REQUIRE(seen.done.wait());
    CHECK(seen.order == "hde");
  }
  SECTION("by the handler of its data") {
    std::atomic<net::client::request_id> id{0};
    seen.then = [&](char what) {
      if (what == 'd')
        http.cancel(id);
    };
    id = http.start(get(upstream.url("/stream")), seen.handlers());
    go_on.open();
    REQUIRE(seen.done.wait());
    CHECK(seen.order == "hde");
  }
  http.cancel(4'711);
  CHECK(code_of(seen.why) == ec::cancelled);
  CHECK(closed.wait());
  CHECK(http.pending() == 0);
}

TEST_CASE("what waits for a free connection has its deadline, too") {
  server upstream{[](connection& peer) {
    peer.read_request();
    peer.closed_within(-1);
  }};
  net::client http{{.max_connections_per_host = 1}};
  recording holder;
  recording waiting;
  auto id = http.start(get(upstream.url()), holder.handlers());
  auto other = http.start(get(upstream.url()), waiting.handlers());
  auto what = get(upstream.url());
  what.total_timeout = duration{200};
  auto [code, message] = failure(http, what);
  CHECK(code == ec::unavailable);
  CHECK(message.find("within 200 ms") != std::string::npos);
  http.cancel(other);
  REQUIRE(waiting.done.wait());
  CHECK(code_of(waiting.why) == ec::cancelled);
  CHECK(!waiting.connected);
  http.cancel(id);
  REQUIRE(holder.done.wait());
  CHECK(holder.connected);
  CHECK(upstream.connections() == 1);
}

TEST_CASE("a request that is held is not sent, and others use its connection") {
  std::atomic<int> requests = 0;
  server upstream{[&](connection& peer) {
    while (peer.read_request()) {
      ++requests;
      peer.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    }
  }};
  net::client http;
  recording held;
  held.held = make_error(ec::storage_full, "nothing can be written down");
  http.start(get(upstream.url()), held.handlers());
  REQUIRE(held.done.wait());
  CHECK(held.why
        == make_error(ec::storage_full, "nothing can be written down"));
  CHECK(requests == 0);
  recording sent;
  http.start(get(upstream.url()), sent.handlers());
  REQUIRE(sent.done.wait());
  CHECK(!sent.why);
  CHECK(requests == 1);
}

TEST_CASE("the end of a client is the end of its requests") {
  constexpr size_t streams = 50;
  server upstream{[](connection& peer) {
    peer.read_request();
    peer.begin_stream();
    peer.chunk("part");
    peer.closed_within(-1);
  }};
  std::array<recording, streams> seen;
  recording late;
  {
    net::client http{{.max_connections_per_host = streams}};
    seen[0].then = [&](char what) {
      if (what == 'e')
        http.start(get(upstream.url()), late.handlers());
    };
    for (auto& x : seen)
      http.start(get(upstream.url()), x.handlers());
    for (auto& x : seen)
      REQUIRE(x.started.wait());
  }
  for (auto& x : seen) {
    CHECK(x.order == "hde");
    CHECK(code_of(x.why) == ec::cancelled);
  }
  CHECK(late.order == "e");
  CHECK(code_of(late.why) == ec::cancelled);
}

TEST_CASE("many threads begin and cancel what they like") {
  constexpr size_t threads = 8;
  constexpr size_t each = 100;
  server upstream{answer_all};
  gate all{threads * each};
  std::atomic<size_t> strange{0};
  net::client http;
  std::vector<std::thread> workers;
  for (size_t i = 0; i < threads; ++i)
    workers.emplace_back([&] {
      for (size_t k = 0; k < each; ++k) {
        net::handlers how;
        how.on_done = [&](const caf::error& why) {
          if (why && code_of(why) != ec::cancelled)
            ++strange;
          all.open();
        };
        auto id = http.start(get(upstream.url()), std::move(how));
        if (k % 3 != 0)
          http.cancel(id);
      }
    });
  for (auto& x : workers)
    x.join();
  CHECK(all.wait());
  CHECK(strange == 0);
  CHECK(http.pending() == 0);
}

TEST_CASE("a request too many is refused on the client's thread") {
  server upstream{[](connection& peer) { peer.closed_within(-1); }};
  std::atomic<int> refused{0};
  std::atomic<int> here{0};
  gate done;
  {
    net::client http{{.max_connections_per_host = 1}};
    auto self = std::this_thread::get_id();
    for (auto i = 0; i <= 10'000; ++i) {
      net::handlers how;
      how.on_done = [&](const caf::error& why) {
        here += std::this_thread::get_id() == self ? 1 : 0;
        if (code_of(why) == ec::limit_exceeded) {
          ++refused;
          done.open();
        }
      };
      http.start(get(upstream.url()), std::move(how));
    }
    CHECK(done.wait());
  }
  CHECK(refused == 1);
  CHECK(here == 0);
}
