#include "tests/gateway/http/socket_under_test.hpp"

#include <thread>

using namespace machine;
using namespace machine::gateway;
using test::bearer;
using test::echo_server;
using test::gate;
using test::socket_client;
using test::socket_request;

namespace {

void on_one_thread(server_options& x) {
  x.threads = 1;
}

} // namespace

TEST_CASE("messages go to and fro") {
  echo_server it;
  auto client = it.connect();
  CHECK(client.protocol() == "themachine.v1.json");
  for (auto size : {0, 1, 125, 126, 65'535, 65'536, 400'000}) {
    client.send(0x81, std::string(size, 'x'));
    auto back = client.next();
    CHECK(back.first == 0x81);
    CHECK(back.payload == std::string(size, 'x'));
  }
  client.send(0x82, std::string{"\0\xFF", 2});
  CHECK(client.next().first == 0x82);
}

TEST_CASE("what a client sends with its handshake is read") {
  echo_server it;
  auto client = it.server.connect();
  REQUIRE(client.send(socket_request(it.server.port(), "/socket", bearer)
                      + test::client_frame(0x81, "early")));
  CHECK(client.read().status == 101);
  CHECK(client.read_bytes(7)
        == "\x81\x05"
           "early");
}

TEST_CASE("a protocol is needed, and one that is spoken here") {
  echo_server it;
  CHECK(it.connect(bearer, "x, themachine.v1.msgpack").protocol()
        == "themachine.v1.msgpack");
  CHECK(it.refused(bearer, "").status == 400);
  CHECK(it.refused(bearer, "x").status == 400);
  CHECK(it.server.ask(it.server.request("GET", "/socket")).status == 426);
}

TEST_CASE("without a token nobody gets a socket") {
  echo_server it;
  CHECK(it.refused("").status == 401);
  CHECK(it.refused("Authorization: Bearer wrong\r\n").status == 401);
}

TEST_CASE("a token may come as a protocol, which is not echoed") {
  echo_server it;
  auto client = it.connect("", "themachine.v1.json, themachine.bearer.sesame");
  CHECK(client.protocol() == "themachine.v1.json");
  CHECK(it.refused("", "themachine.v1.json, themachine.bearer.wrong").status
        == 401);
  CHECK(it.refused("", "themachine.bearer.sesame").status == 400);
  // Which of two counts would be a riddle.
  CHECK(
    it.refused(bearer, "themachine.v1.json, themachine.bearer.sesame").status
    == 400);
  CHECK(it.refused("", "themachine.v1.json, themachine.bearer.sesame, "
                       "themachine.bearer.sesame")
          .status
        == 400);
  // It is for sockets alone.
  CHECK(it.server
          .ask(socket_request(it.server.port(), "/hello", "",
                              "themachine.bearer.sesame"))
          .status
        == 401);
}

TEST_CASE("pages of other origins get no socket unless they are on the list") {
  echo_server it{
    [](server_options& x) { x.origins = {"https://board.example"}; }};
  auto from = [&](const std::string& origin) {
    return bearer + ("Origin: " + origin + "\r\n");
  };
  auto own = "127.0.0.1:" + std::to_string(it.server.port());
  for (auto& good : {std::string{"https://board.example"}, "http://" + own,
                     "https://" + own})
    it.connect(from(good)).send(0x81, "x");
  for (auto* bad :
       {"https://evil.example", "null", "https://board.example.evil",
        "http://127.0.0.1", "127.0.0.1"})
    CHECK(it.refused(from(bad)).status == 403);
  CHECK(it.refused(from("https://board.example") + "Origin: null\r\n").status
        == 400);
}

TEST_CASE("whose page it is goes by the host in the target, if there is one") {
  echo_server it;
  auto own = "127.0.0.1:" + std::to_string(it.server.port());
  auto status = [&](const std::string& host, const std::string& origin) {
    auto text = socket_request(it.server.port(), "http://" + own + "/socket",
                               bearer + ("Origin: http://" + origin + "\r\n"));
    auto at = text.find("Host: " + own);
    REQUIRE(at != text.npos);
    text.replace(at, own.size() + 6, "Host: " + host);
    auto client = it.server.connect();
    REQUIRE(client.send(text));
    return client.read().status;
  };
  CHECK(status("evil.example", own) == 101);
  CHECK(status("evil.example", "evil.example") == 403);
}

TEST_CASE("pings are answered") {
  echo_server it;
  auto client = it.connect();
  client.send(0x89, "are you");
  auto pong = client.next();
  CHECK(pong.first == 0x8A);
  CHECK(pong.payload == "are you");
}

TEST_CASE("who closes hears the same code") {
  echo_server it;
  auto client = it.connect();
  auto gone = it.gone->take();
  client.send(0x88, "\x0F\xA1"
                    "done");
  auto last = client.next();
  CHECK(last.first == 0x88);
  CHECK(last.code() == 4001);
  CHECK(client.raw().read_all().empty());
  CHECK(gone->wait());
}

TEST_CASE("whoever breaks a rule is told which, and closed") {
  echo_server it;
  auto closed = [&](const std::string& bytes) {
    auto client = it.connect();
    REQUIRE(client.raw().send(bytes));
    auto last = client.next();
    CHECK(last.first == 0x88);
    CHECK(!last.reason().empty());
    CHECK(client.raw().read_all().empty());
    return last.code();
  };
  using test::client_frame;
  CHECK(closed("\x81\x01x") == 1002);
  CHECK(closed(client_frame(0xC1, "x")) == 1002);
  CHECK(closed(client_frame(0x81, "\xFF")) == 1007);
  CHECK(closed(client_frame(0x82, std::string((1u << 20) + 1, 'x'))) == 1009);
  CHECK(it.dropped("broken") == 4);
}

TEST_CASE(
  "a client that does not read is dropped, told why, and slows nobody") {
  echo_server it{[](server_options& x) {
    x.threads = 1;
    x.max_queued = 100'000;
  }};
  auto slow = it.connect(bearer, "themachine.v1.json", 4'096);
  auto to_slow = it.next->take();
  auto fast = it.connect();
  auto to_fast = it.next->take();
  std::string frame =
    websocket::encode_frame(websocket::opcode::text, std::string(10'000, 'x'));
  constexpr size_t count = 2'000;
  auto shared = frames_of(frame);
  auto home = to_slow->home();
  for (size_t i = 0; i < count; ++i) {
    REQUIRE(home->post([=] { to_slow->send(shared); }));
    REQUIRE(home->post([=] { to_fast->send(shared); }));
    REQUIRE(fast.next().payload.size() == 10'000);
  }
  CHECK(it.dropped("queue") == 1);
  // What was under way comes whole, and then the reason.
  for (;;) {
    auto last = slow.next();
    if (last.first == 0x81) {
      REQUIRE(last.payload.size() == 10'000);
      continue;
    }
    CHECK(last.first == 0x88);
    CHECK(last.code() == 1013);
    CHECK(last.reason().find("100000 bytes wait for you") == 10);
    break;
  }
}

TEST_CASE("a client that takes nothing for too long is gone") {
  echo_server it{[](server_options& x) {
    x.write_deadline = duration{50};
    x.close_deadline = duration{50};
  }};
  auto client = it.connect(bearer, "themachine.v1.json", 4'096);
  auto gone = it.gone->take();
  auto socket = it.next->take();
  auto home = socket->home();
  auto frame = frames_of(websocket::encode_frame(websocket::opcode::text,
                                                 std::string(20'000'000, 'x')));
  REQUIRE(home->post([=] { socket->send(frame); }));
  CHECK(gone->wait());
  CHECK(it.dropped("unread") == 1);
}

TEST_CASE("a client that is silent is asked, and then gone") {
  echo_server it{[](server_options& x) {
    x.heartbeat = duration{5};
    x.silence_deadline = duration{100};
  }};
  auto client = it.connect();
  CHECK(client.next_frame().first == 0x89);
  auto last = client.next();
  CHECK(last.first == 0x88);
  CHECK(last.code() == 1008);
  CHECK(it.dropped("silent") == 1);
}

TEST_CASE("a client that answers pings may be silent else") {
  echo_server it{[](server_options& x) {
    x.heartbeat = duration{5};
    x.silence_deadline = duration{5'000};
  }};
  auto client = it.connect();
  for (int i = 0; i < 20; ++i) {
    CHECK(client.next_frame().first == 0x89);
    client.send(0x8A, "");
  }
  client.send(0x81, "here");
  CHECK(client.next().payload == "here");
}

TEST_CASE("a client is asked in time to answer, whenever it was last heard") {
  echo_server it{[](server_options& x) {
    x.heartbeat = duration{2'000};
    x.silence_deadline = duration{3'000};
  }};
  auto client = it.connect();
  client.send(0x81, "here");
  CHECK(client.next().payload == "here");
  CHECK(client.next_frame().first == 0x89);
  client.send(0x8A, "");
  client.send(0x81, "still");
  CHECK(client.next().payload == "still");
}

TEST_CASE(
  "requests on a socket meet the doorman and the routes of all others") {
  echo_server it;
  auto client = it.connect();
  auto ask = [&](const std::string& target) {
    client.send(0x81, "GET " + target);
    return client.next().payload;
  };
  CHECK(ask("/hello") == "200 hello");
  CHECK(ask("/things/a%20b?x=1") == "200 /things/a b a b 1");
  CHECK(ask("/nothing").starts_with("404 "));
  CHECK(ask("/echo").starts_with("405 "));
  CHECK(ask("/things/a?y=1").starts_with("400 "));
  CHECK(ask("no path").starts_with("400 "));
  CHECK(ask("/socket").starts_with("400 "));
}

TEST_CASE("sockets are told when the server stops") {
  echo_server it;
  auto client = it.connect();
  std::thread drain{[&] { it.server.drain(std::chrono::seconds{20}); }};
  CHECK(client.next().payload == "farewell");
  auto last = client.next();
  CHECK(last.first == 0x88);
  CHECK(last.code() == 1012);
  client.send(0x88, last.payload);
  CHECK(client.raw().read_all().empty());
  drain.join();
}

TEST_CASE("a socket waits for the requests on it before it is closed") {
  auto stuck = std::make_shared<test::kept<gateway::responder_ptr>>();
  echo_server it{{},
                 {test::route_of("GET", "/stuck",
                                 [=](const gateway::http_request&,
                                     gateway::responder_ptr to) {
                                   stuck->put(std::move(to));
                                 })}};
  auto client = it.connect();
  client.send(0x81, "GET /stuck");
  auto unanswered = stuck->take();
  std::thread drain{[&] { it.server.drain(std::chrono::seconds{20}); }};
  CHECK(client.next().payload == "farewell");
  client.send(0x81, "GET /hello");
  CHECK(client.next().payload.starts_with("503 "));
  unanswered->reply(200, "text/plain", "late");
  CHECK(client.next().payload == "200 late");
  CHECK(client.next().code() == 1012);
  client.raw().leave();
  drain.join();
}

TEST_CASE("a client that does not answer a close is not waited for") {
  echo_server it{[](server_options& x) { x.close_deadline = duration{20}; }};
  auto client = it.connect();
  auto gone = it.gone->take();
  it.server.drain(std::chrono::seconds{20});
  CHECK(gone->wait());
}

TEST_CASE("a server ends with sockets open") {
  echo_server it;
  auto client = it.connect();
  auto gone = it.gone->take();
  auto socket = it.next->take();
  it.server.stop();
  CHECK(gone->wait());
  CHECK(!socket->home()->post([] {}));
}

TEST_CASE("what is sent in one go leaves in order with all that waits") {
  echo_server it{on_one_thread};
  auto client = it.connect();
  auto socket = it.next->take();
  REQUIRE(socket->home()->post([=] {
    for (int i = 0; i < 1'000; ++i)
      socket->send(frames_of(
        websocket::encode_frame(websocket::opcode::text, std::to_string(i))));
    socket->close(websocket::close_code::normal, "enough");
    socket->send(frames_of("never"));
  }));
  for (int i = 0; i < 1'000; ++i)
    REQUIRE(client.next().payload == std::to_string(i));
  auto last = client.next();
  CHECK(last.code() == 1000);
  CHECK(last.reason() == "enough");
}

TEST_CASE("whose token is taken away is sent away") {
  class fickle final : public doorman {
  public:
    void admit(const route&, const http_request& asked,
               std::function<void(admission)> then) override {
      admission result;
      if (shut || bearer_of(asked) != "sesame")
        result.refusal =
          problem_answer(make_error(ec::unauthenticated, "not you"));
      then(std::move(result));
    }

    std::atomic<bool> shut{false};
  };
  auto door = std::make_shared<fickle>();
  echo_server it{[&](server_options& x) {
    x.door = door;
    x.check_period = duration{5};
  }};
  auto client = it.connect();
  client.send(0x81, "x");
  CHECK(client.next().payload == "x");
  door->shut = true;
  auto last = client.next();
  CHECK(last.first == 0x88);
  CHECK(last.code() == 1008);
  CHECK(last.reason().find("key") != std::string::npos);
  CHECK(it.dropped("refused") == 1);
}
