#include "tests/gateway/websocket/beast_under_test.hpp"

using namespace machine;
using namespace machine::test;
using namespace std::string_literals;

namespace ws = machine::websocket;

using events = std::vector<ws::event>;

TEST_CASE("Beast's client and our frames echo text and binary") {
  pair_under_test x;
  x.connect();
  for (auto& text : {""s, "Grüße"s, std::string(126, 'a'),
                     std::string(65'536, 'b'), std::string(1u << 20, 'c')}) {
    for (auto binary : {false, true}) {
      x.client.binary(binary);
      REQUIRE(!x.write(text));
      REQUIRE(!x.read());
      CHECK(x.received == text);
      CHECK(x.client.got_binary() == binary);
    }
  }
}

TEST_CASE("Beast's client is read when it fragments") {
  pair_under_test x;
  x.client.write_buffer_bytes(64);
  x.client.auto_fragment(true);
  x.connect();
  std::string text;
  for (int i = 0; i < 5'000; ++i)
    text += "é😀x";
  REQUIRE(!x.write(text));
  REQUIRE(!x.read());
  CHECK(x.received == text);
  CHECK(x.server.seen() == events{ws::message{ws::opcode::text, text}});
}

TEST_CASE("Beast's client gets pongs for its pings, and answers ours") {
  pair_under_test x;
  std::vector<std::pair<beast::websocket::frame_type, std::string>> control;
  x.client.control_callback([&](auto kind, beast::string_view payload) {
    control.emplace_back(kind, payload);
  });
  x.connect();
  REQUIRE(!x.finish([&](auto then) { x.client.async_ping("are you", then); }));
  x.server.send(ws::encode_frame(ws::opcode::ping, "and you"));
  REQUIRE(!x.write("x"));
  REQUIRE(!x.read());
  REQUIRE(control.size() == 2);
  CHECK(control[0].first == beast::websocket::frame_type::pong);
  CHECK(control[0].second == "are you");
  CHECK(control[1].first == beast::websocket::frame_type::ping);
  CHECK(control[1].second == "and you");
  CHECK(x.server.seen()
        == events{ws::ping_frame{"are you"}, ws::message{ws::opcode::text, "x"},
                  ws::pong_frame{"and you"}});
}

TEST_CASE("Beast's client reads many frames of one write") {
  pair_under_test x;
  x.connect();
  auto frame = ws::encode_frame(ws::opcode::text, "shared");
  x.server.send(frame + frame + frame);
  for (int i = 0; i < 3; ++i) {
    REQUIRE(!x.read());
    CHECK(x.received == "shared");
  }
}

TEST_CASE("Beast's client closes, and hears so") {
  pair_under_test x;
  x.connect();
  beast::websocket::close_reason why{
    static_cast<beast::websocket::close_code>(4001), "done"};
  CHECK(!x.finish([&](auto then) { x.client.async_close(why, then); }));
  CHECK(x.server.seen()
        == events{ws::close_frame{ws::close_code{4001}, "done"}});
  CHECK(x.client.reason().code == 4001);
}

TEST_CASE("Beast's client hears why it is closed") {
  pair_under_test x{{.max_message_bytes = 10}};
  x.connect();
  REQUIRE(!x.write("eleven byte"));
  CHECK(x.read() == beast::websocket::error::closed);
  CHECK(x.client.reason().code == beast::websocket::close_code::too_big);
  CHECK(x.client.reason().reason == "a message has more than 10 bytes");
}

TEST_CASE("Beast's client gets a protocol and no compression") {
  pair_under_test x;
  beast::websocket::permessage_deflate wish;
  wish.client_enable = true;
  x.client.set_option(wish);
  x.client.set_option(beast::websocket::stream_base::decorator(
    [](beast::websocket::request_type& request) {
      request.set(beast::http::field::sec_websocket_protocol,
                  "themachine.v1.msgpack, themachine.v1.json");
    }));
  x.connect();
  CHECK(x.protocol == "themachine.v1.json");
  std::string text(1'000, 'x');
  REQUIRE(!x.write(text));
  REQUIRE(!x.read());
  CHECK(x.received == text);
}
