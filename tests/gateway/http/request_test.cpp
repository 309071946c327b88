#include "tests/gateway/http/server_under_test.hpp"

using namespace machine;
using namespace machine::gateway;
using test::server_under_test;

TEST_CASE("requests on one connection are answered in their order") {
  server_under_test it{test::plain_routes()};
  auto client = it.connect();
  // All at once, none waits for the answer to another.
  std::string all;
  for (auto i = 0; i < 50; ++i)
    all += it.request("POST", "/echo", "", "body " + std::to_string(i))
         + it.request("GET", "/things/" + std::to_string(i));
  REQUIRE(client.send(all));
  for (auto i = 0; i < 50; ++i) {
    auto number = std::to_string(i);
    CHECK(client.read().body == "body " + number);
    CHECK(client.read().body == "/things/" + number + " " + number + " none");
  }
  REQUIRE(client.send(it.request("GET", "/hello")));
  auto last = client.read();
  CHECK(last.status == 200);
  CHECK(last.body == "hello");
  CHECK(last.header("content-type") == "text/plain");
  CHECK(last.header("cache-control") == "no-store");
  CHECK(last.header("x-content-type-options") == "nosniff");
}

TEST_CASE("a client that wants to close after the answer is obeyed") {
  server_under_test it{test::plain_routes()};
  auto client = it.connect();
  REQUIRE(client.send(it.request("GET", "/hello", "Connection: close\r\n")));
  CHECK(client.read().body == "hello");
  CHECK(client.read_all().empty());
}

TEST_CASE("a header may have 16 KiB and no more") {
  server_under_test it{test::plain_routes()};
  auto with = [&](size_t size) {
    return it.ask(it.request("GET", "/hello",
                             "X-Long: " + std::string(size, 'x') + "\r\n"));
  };
  CHECK(with(15'000).status == 200);
  auto refused = with(17'000);
  CHECK(refused.status == 431);
  CHECK(refused.is_problem());
}

TEST_CASE("a body may be as long as its route allows") {
  server_under_test it{test::plain_routes()};
  CHECK(it.ask(it.request("POST", "/echo", "", std::string(1'000, 'x'))).body
        == std::string(1'000, 'x'));
  auto refused =
    it.ask(it.request("POST", "/echo", "", std::string(1'001, 'x')));
  CHECK(refused.status == 413);
  CHECK(refused.is_problem());
}

TEST_CASE("a chunked body may be as long as its route allows") {
  server_under_test it{test::plain_routes()};
  auto chunked = [&](size_t chunks) {
    auto text = it.request("POST", "/echo", "Transfer-Encoding: chunked\r\n");
    for (size_t i = 0; i < chunks; ++i)
      text += "64\r\n" + std::string(100, 'x') + "\r\n";
    return it.ask(text + "0\r\n\r\n");
  };
  CHECK(chunked(10).body == std::string(1'000, 'x'));
  auto refused = chunked(11);
  CHECK(refused.status == 413);
  CHECK(refused.is_problem());
}

TEST_CASE("a body that is far too long is refused with an answer") {
  server_under_test it{test::plain_routes()};
  auto client = it.connect();
  REQUIRE(
    client.send(it.request("POST", "/echo", "Content-Length: 4000000\r\n")));
  // It sends on without a look at what comes.
  auto sent = client.send(std::string(4'000'000, 'x'));
  CHECK(sent);
  CHECK(client.read().status == 413);
}

TEST_CASE("only a host by the server's own name is served") {
  server_under_test it{test::plain_routes()};
  auto with = [&](const std::string& lines) {
    return it.ask("GET /open HTTP/1.1\r\n" + lines + "\r\n");
  };
  auto port = ":" + std::to_string(it.port());
  CHECK(with("Host: 127.0.0.1" + port + "\r\n").status == 200);
  CHECK(with("Host: 127.0.0.1\r\n").status == 200);
  CHECK(with("Host: localhost" + port + "\r\n").status == 200);
  CHECK(with("Host: LocalHost" + port + "\r\n").status == 200);
  for (auto* bad : {"evil.example", "127.0.0.1.evil.example", "127.0.0.1:1",
                    "localhost:", "xlocalhost", "127.0.0.2"}) {
    INFO(bad);
    auto refused = with(std::string{"Host: "} + bad + "\r\n");
    CHECK(refused.status == 421);
    CHECK(refused.is_problem());
  }
}

TEST_CASE("a request names its host just once") {
  server_under_test it{test::plain_routes()};
  CHECK(it.ask("GET /open HTTP/1.1\r\n\r\n").status == 400);
  auto twice = it.ask("GET /open HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: "
                      "evil.example\r\n\r\n");
  CHECK(twice.status == 400);
  CHECK(twice.is_problem());
}

TEST_CASE("who has no token, or another one, may use what is open alone") {
  server_under_test it{test::plain_routes()};
  auto with = [&](const std::string& path, const std::string& lines) {
    return it.ask("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n" + lines
                  + "\r\n");
  };
  CHECK(with("/open", "").status == 200);
  for (auto* bad :
       {"", "Authorization: Bearer sesamE\r\n", "Authorization: Bearer\r\n",
        "Authorization: Bearer sesame2\r\n", "Authorization: Basic sesame\r\n",
        "Authorization: sesame\r\n"}) {
    INFO(bad);
    auto refused = with("/hello", bad);
    CHECK(refused.status == 401);
    CHECK(refused.header("www-authenticate") == "Bearer");
    CHECK(refused.is_problem());
  }
  CHECK(with("/hello", "Authorization: Bearer sesame\r\n").status == 200);
  // The name of the scheme has no case (RFC 9110, 11.1).
  CHECK(with("/hello", "authorization: bearer sesame\r\n").status == 200);
}

TEST_CASE("nobody gets in where the server has no token") {
  server_under_test it{test::plain_routes(), [](server_options& x) {
                         x.door = gateway::make_token_doorman("");
                       }};
  for (auto* given : {"Bearer", "Bearer ", "Bearer x"})
    CHECK(it.ask("GET /hello HTTP/1.1\r\nHost: localhost\r\nAuthorization: "
                 + std::string{given} + "\r\n\r\n")
            .status
          == 401);
}

TEST_CASE("a refusal keeps the connection, unless there is a body to skip") {
  server_under_test it{test::plain_routes()};
  auto client = it.connect();
  for (auto* target : {"/nowhere", "/echo", "/hello?what=1"}) {
    REQUIRE(client.send(it.request("GET", target)));
    CHECK(client.read().status >= 400);
  }
  REQUIRE(
    client.send(it.request("POST", "/nowhere", "", "GET /hello HTTP/1.1")));
  auto last = client.read();
  CHECK(last.status == 404);
  CHECK(last.header("connection") == "close");
  CHECK(client.read_all().empty());
}

TEST_CASE("what follows a body that nobody read is no request") {
  server_under_test it{test::plain_routes(), [](server_options& x) {
                         x.origins = {"https://board.example"};
                       }};
  auto smuggled = it.request("GET", "/hello");
  for (auto* method : {"OPTIONS", "PUT", "POST"}) {
    auto client = it.connect();
    REQUIRE(client.send(it.request(
      method, "/hello", "Origin: https://board.example\r\n", smuggled)));
    CHECK(client.read().header("connection") == "close");
    CHECK(client.read_all().empty());
  }
}

TEST_CASE("a header that must not say two things may not stand twice") {
  server_under_test it{test::plain_routes()};
  for (auto* name : {"Authorization", "X-Tenant", "Idempotency-Key"}) {
    std::string twice;
    for (auto* value : {"Bearer sesame", "Bearer sesame"})
      twice += std::string{name} + ": " + value + "\r\n";
    auto refused = it.ask(it.request("GET", "/hello", twice));
    CHECK(refused.status == 400);
    CHECK(refused.body.find(name) != std::string::npos);
  }
}

TEST_CASE("requests that come at once are answered in their order") {
  server_under_test it{test::plain_routes()};
  auto client = it.connect();
  std::string all;
  constexpr int count = 50;
  for (int i = 0; i < count; ++i)
    all += i % 2 == 0 ? it.request("GET", "/things/" + std::to_string(i))
                      : it.request("POST", "/echo", "", std::to_string(i));
  REQUIRE(client.send(all));
  for (int i = 0; i < count; ++i) {
    auto text = std::to_string(i);
    CHECK(client.read().body
          == (i % 2 == 0 ? "/things/" + text + " " + text + " none" : text));
  }
}

TEST_CASE("a request has a name, its client's or a new one") {
  server_under_test it{test::plain_routes()};
  auto named = [&](const std::string& name) {
    return it.ask(it.request("GET", "/hello", "X-Request-Id: " + name + "\r\n"))
      .header("x-request-id");
  };
  CHECK(named("a.B-9_") == "a.B-9_");
  auto first = named("bad name");
  CHECK(first.size() == 24);
  CHECK(named("bad name") != first);
  CHECK(named(std::string(65, 'x')).size() == 24);
  CHECK(it.ask(it.request("GET", "/nowhere")).header("x-request-id").size()
        == 24);
}

TEST_CASE("Expect can be 100-continue and nothing else") {
  server_under_test it{test::plain_routes()};
  CHECK(it.ask(it.request("POST", "/echo", "Expect: tea\r\n", "x")).status
        == 417);
}

TEST_CASE("pages of other origins may come in when they are on the list") {
  server_under_test it{test::plain_routes(), [](server_options& x) {
                         x.origins = {"https://board.example"};
                       }};
  auto from = [&](const std::string& method, const std::string& origin) {
    return it.ask(it.request(method, "/hello", "Origin: " + origin + "\r\n"));
  };
  auto good = from("GET", "https://board.example");
  CHECK(good.status == 200);
  CHECK(good.header("access-control-allow-origin") == "https://board.example");
  CHECK(good.header("vary") == "Origin");
  auto asked = from("OPTIONS", "https://board.example");
  CHECK(asked.status == 204);
  CHECK(asked.header("access-control-allow-methods") == "GET, HEAD");
  CHECK(asked.header("access-control-allow-headers").find("Authorization")
        != std::string::npos);
  for (auto* method : {"GET", "OPTIONS"})
    for (auto* origin : {"https://board.example.evil", "null",
                         "http://board.example", "https://BOARD.example"}) {
      auto other = from(method, origin);
      CHECK(other.headers.count("access-control-allow-origin") == 0);
      CHECK(other.headers.count("access-control-allow-headers") == 0);
      CHECK(other.header("vary") == "Origin");
    }
}

TEST_CASE("a host that the machine does not go by is refused") {
  server_under_test it{test::plain_routes(), [](server_options& x) {
                         x.hosts = {"machine.example"};
                       }};
  auto as = [&](const std::string& host) {
    return it.ask("GET /open HTTP/1.1\r\nHost: " + host + "\r\n\r\n").status;
  };
  CHECK(as("machine.example") == 200);
  CHECK(as("Machine.Example:" + std::to_string(it.port())) == 200);
  CHECK(as("localhost") == 200);
  CHECK(as("evil.example") == 421);
}

TEST_CASE("a target may name the host, as for a proxy") {
  server_under_test it{test::plain_routes(), [](server_options& x) {
                         x.hosts = {"machine.example"};
                       }};
  auto ask = [&](const std::string& target, const std::string& host) {
    return it.ask("GET " + target + " HTTP/1.1\r\nHost: " + host
                  + "\r\nConnection: close\r\n\r\n");
  };
  CHECK(ask("http://machine.example/open", "machine.example").status == 200);
  CHECK(ask("HTTPS://machine.example/open", "machine.example").status == 200);
  // It counts instead of the other.
  CHECK(ask("http://machine.example/open", "evil.example").status == 200);
  CHECK(ask("http://evil.example/open", "machine.example").status == 421);
  CHECK(ask("http://x@machine.example/open", "machine.example").status == 421);
  CHECK(ask("http://machine.example", "machine.example").status == 404);
  CHECK(ask("http://machine.example?x=1", "machine.example").status == 400);
  CHECK(ask("http:///open", "machine.example").status == 421);
  CHECK(ask("ftp://machine.example/open", "machine.example").status == 400);
}

TEST_CASE("a path that leads nowhere is a 404") {
  server_under_test it{test::plain_routes()};
  for (auto* path :
       {"/", "/hell", "/hello/", "/things", "/things/a/b", "//hello"}) {
    INFO(path);
    auto refused = it.ask(it.request("GET", path));
    CHECK(refused.status == 404);
    CHECK(refused.is_problem());
  }
}

TEST_CASE("another method than a path has is a 405 that names them") {
  auto routes = test::plain_routes();
  routes.push_back(test::route_of(
    "PUT", "/hello",
    [](const http_request&, const responder_ptr& to) { to->json(200, "1"); }));
  server_under_test it{std::move(routes)};
  auto refused = it.ask(it.request("DELETE", "/hello"));
  CHECK(refused.status == 405);
  CHECK(refused.header("allow") == "GET, HEAD, PUT");
  CHECK(refused.is_problem());
  CHECK(it.ask(it.request("GET", "/echo")).header("allow") == "POST");
}

TEST_CASE("a query may have what its route knows, once") {
  server_under_test it{test::plain_routes()};
  auto body = [&](const std::string& target) {
    return it.ask(it.request("GET", target)).body;
  };
  CHECK(body("/things/a?x=1") == "/things/a a 1");
  CHECK(body("/things/a%20b?x=%C3%A9+%2B") == "/things/a b a b \xC3\xA9 +");
  CHECK(body("/things/a?x=") == "/things/a a ");
  for (auto* bad :
       {"/things/a?y=1", "/things/a?x=1&x=2", "/things/a?x=%zz", "/things/a?=1",
        "/things/%FF", "/things/%0a", "/things/%1", "/hello?x=1", "hello"}) {
    INFO(bad);
    auto refused = it.ask(it.request("GET", bad));
    CHECK(refused.status == 400);
    CHECK(refused.is_problem());
  }
  CHECK(it.ask(it.request("GET", "/things/a?y=1")).body.find("parameter y")
        != std::string::npos);
}

TEST_CASE("what is no HTTP/1.1 is a 400") {
  server_under_test it{test::plain_routes()};
  for (auto* bad :
       {"garbage\r\n\r\n", "GET /open HTTP/9.9\r\nHost: localhost\r\n\r\n",
        "GET  /open HTTP/1.1\r\n\r\n", "\x16\x03\x01\x02\r\n\r\n",
        "GET /open HTTP/1.1\r\nHost localhost\r\n\r\n",
        "GET /open HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n",
        ("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n"
         "Transfer-Encoding: chunked\r\n\r\n")}) {
    INFO(bad);
    auto client = it.connect();
    REQUIRE(client.send(bad));
    auto refused = client.read();
    CHECK(refused.status == 400);
    CHECK(refused.is_problem());
    CHECK(client.read_all().empty());
  }
  // It serves on.
  CHECK(it.ask(it.request("GET", "/hello")).status == 200);
}

TEST_CASE("a body whose length others may see differently is a 400") {
  server_under_test it{test::plain_routes()};
  auto smuggled = it.request("GET", "/hello");
  for (std::string bad :
       {"Transfer-Encoding: xchunked", "Transfer-Encoding: gzip, chunked",
        "Transfer-Encoding: chunked, identity",
        "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked;q=1", "Transfer-Encoding:",
        "Content-Length: 5\r\nContent-Length: 5", "Content-Length: 5, 5"}) {
    INFO(bad);
    auto client = it.connect();
    REQUIRE(client.send(it.request("POST", "/echo", bad + "\r\n") + "0\r\n\r\n"
                        + smuggled));
    auto refused = client.read();
    CHECK(refused.status == 400);
    CHECK(refused.is_problem());
    CHECK(client.read_all().empty());
  }
  auto old = it.request("POST", "/echo", "Transfer-Encoding: chunked\r\n");
  old.replace(old.find("HTTP/1.1"), 8, "HTTP/1.0");
  auto client = it.connect();
  REQUIRE(client.send(old + "0\r\n\r\n" + smuggled));
  auto refused = client.read_all();
  CHECK(refused.starts_with("HTTP/1.0 400 "));
  CHECK(refused.find("hello") == std::string::npos);
  CHECK(it.ask(it.request("POST", "/echo", "Transfer-Encoding: Chunked\r\n")
               + "1\r\nx\r\n0\r\n\r\n")
          .body
        == "x");
}

TEST_CASE("a header that goes on in the next line is a 400") {
  server_under_test it{test::plain_routes()};
  for (std::string bad : {"X-A: b\r\n c", "X-A: b\r\n\tc", "X-A:\r\n b",
                          "X-A: b\r\n Transfer-Encoding: chunked"}) {
    INFO(bad);
    auto client = it.connect();
    REQUIRE(client.send(it.request("GET", "/hello", bad + "\r\n")));
    auto refused = client.read();
    CHECK(refused.status == 400);
    CHECK(refused.is_problem());
    CHECK(client.read_all().empty());
  }
  CHECK(it.ask(it.request("GET", "/hello", "X-A: \t b c \r\nX-B:\r\n")).status
        == 200);
}

TEST_CASE("what surrounds the chunks of a body has a bound") {
  server_under_test it{test::plain_routes()};
  auto head = it.request("POST", "/echo", "Transfer-Encoding: chunked\r\n");
  const std::string much(100'000, 'x');
  for (auto& bad : {"1;" + much, "0\r\nX-A: " + much}) {
    auto client = it.connect();
    // It may refuse before all of it was sent.
    client.send(head + bad);
    auto refused = client.read();
    CHECK(refused.status == 413);
    CHECK(refused.is_problem());
    CHECK(client.read_all().empty());
  }
  CHECK(it.ask(head + "1;a=b\r\nx\r\n0\r\nX-A: b\r\n\r\n").body == "x");
}

TEST_CASE("a chunked body that does not read is a 400") {
  server_under_test it{test::plain_routes()};
  auto refused =
    it.ask(it.request("POST", "/echo", "Transfer-Encoding: chunked\r\n")
           + "zz\r\n\r\n");
  CHECK(refused.status == 400);
  CHECK(refused.is_problem());
}

TEST_CASE("a body that ends too early is a 400") {
  server_under_test it{test::plain_routes()};
  auto client = it.connect();
  REQUIRE(
    client.send(it.request("POST", "/echo", "Content-Length: 10\r\n") + "x"));
  client.finish_sending();
  CHECK(client.read().status == 400);
}

TEST_CASE("half a header and then silence is closed at the deadline") {
  server_under_test it{test::plain_routes(), [](server_options& x) {
                         x.header_deadline = duration{50};
                         x.idle_deadline = duration{50};
                       }};
  auto client = it.connect();
  REQUIRE(client.send("GET /open HTTP/1.1\r\nHo"));
  CHECK(client.read_all().empty());
  // So is a connection that idles after an answer.
  auto idle = it.connect();
  REQUIRE(idle.send(it.request("GET", "/hello")));
  CHECK(idle.read().status == 200);
  CHECK(idle.read_all().empty());
}

TEST_CASE("half a body and then silence is closed at the deadline") {
  server_under_test it{test::plain_routes(), [](server_options& x) {
                         x.body_deadline = duration{50};
                       }};
  auto client = it.connect();
  REQUIRE(
    client.send(it.request("POST", "/echo", "Content-Length: 10\r\n") + "x"));
  CHECK(client.read_all().empty());
}

TEST_CASE("an address has no more connections than it may, until one ends") {
  server_under_test it{
    {}, [](gateway::server_options& x) { x.max_connections_of_address = 2; }};
  auto serves = [&](test::raw_client& who) {
    return who.send(it.request("GET", "/nothing"))
        && who.try_read().has_value();
  };
  auto one = it.connect();
  auto two = it.connect();
  REQUIRE(serves(one));
  REQUIRE(serves(two));
  {
    auto three = it.connect();
    CHECK(!serves(three));
  }
  CHECK(serves(one));
  one.leave();
  auto end = std::chrono::steady_clock::now() + std::chrono::seconds{20};
  auto served = false;
  while (!served && std::chrono::steady_clock::now() < end) {
    auto again = it.connect();
    served = serves(again);
  }
  CHECK(served);
}

TEST_CASE("a body that is packed is not taken for its content") {
  server_under_test it{test::plain_routes()};
  auto as = [&](const std::string& coding) {
    return it.ask(
      it.request("POST", "/echo", "Content-Encoding: " + coding + "\r\n", "x"));
  };
  CHECK(as("gzip").status == 415);
  CHECK(as("gzip").is_problem());
  CHECK(as("identity").status == 200);
}

TEST_CASE("a request of HTTP/1.0 without a host hears what it lacks") {
  server_under_test it{test::plain_routes()};
  auto client = it.connect();
  REQUIRE(client.send("GET /open HTTP/1.0\r\n\r\n"));
  auto answer = client.read_all();
  CHECK(answer.starts_with("HTTP/1.0 400 "));
  CHECK(answer.find("0 Host headers") != std::string::npos);
}
