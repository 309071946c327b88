#include "gateway/websocket/frame.hpp"
#include "runtime/wire/document.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

using namespace machine;
using namespace machine::websocket;
using namespace std::string_literals;

TEST_CASE("a frame of the server has no mask and the shortest length") {
  // RFC 6455, section 5.7.
  CHECK(encode_frame(opcode::text, "Hello") == "\x81\x05Hello");
  CHECK(encode_frame(opcode::ping, "Hello") == "\x89\x05Hello");
  CHECK(encode_frame(opcode::binary, "") == "\x82\x00"s);
  auto header = [](uint64_t length) {
    std::string result;
    append_header(result, opcode::binary, length);
    return result;
  };
  CHECK(header(125) == "\x82\x7D");
  CHECK(header(126) == "\x82\x7E\x00\x7E"s);
  CHECK(header(256) == "\x82\x7E\x01\x00"s);
  CHECK(header(65'535) == "\x82\x7E\xFF\xFF");
  CHECK(header(65'536) == "\x82\x7F\x00\x00\x00\x00\x00\x01\x00\x00"s);
}

TEST_CASE("many frames make one buffer") {
  std::string buffer;
  append_frame(buffer, opcode::text, "a");
  append_frame(buffer, opcode::pong, "b");
  append_header(buffer, opcode::binary, 1);
  buffer += "c";
  CHECK(buffer == "\x81\x01"s + "a" + "\x8A\x01" + "b" + "\x82\x01" + "c");
}

TEST_CASE("a control frame has at most 125 bytes") {
  auto frame = encode_frame(opcode::pong, std::string(126, 'x'));
  CHECK(frame == "\x8A\x7D" + std::string(125, 'x'));
}

TEST_CASE("a close frame has its code and its reason") {
  CHECK(encode_close(close_code::normal) == "\x88\x02\x03\xE8");
  CHECK(encode_close(close_code::going_away, "bye")
        == "\x88\x05\x03\xE9"
           "bye");
  CHECK(encode_close(close_code{4000}, "x") == "\x88\x03\x0F\xA0x");
}

TEST_CASE("a code that is not to be sent makes an empty close frame") {
  for (auto code : {0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65'535})
    CHECK(encode_close(close_code(code), "why") == "\x88\x00"s);
}

TEST_CASE("a reason is cut between two characters") {
  auto reason = [](const std::string& text) {
    return encode_close(close_code::normal, text).substr(4);
  };
  auto fits = std::string(123, 'x');
  CHECK(reason(fits) == fits);
  CHECK(reason(fits + "y") == fits);
  for (std::string last : {"é", "語", "😀"})
    for (size_t before = 118; before <= 123; ++before) {
      auto text = std::string(before, 'x');
      auto whole = before + last.size() <= 123;
      CHECK(reason(text + last + "yyyyyyyy").substr(0, before + last.size())
            == (whole ? text + last : text));
    }
}

TEST_CASE("whatever the reason is, a close frame is valid") {
  CHECK(rc::check([](const std::string& piece) {
    auto times = *rc::gen::inRange(0, 100);
    std::string text;
    for (int i = 0; i < times; ++i)
      text += piece;
    auto frame = encode_close(close_code::internal_error, text);
    RC_ASSERT(frame.size() <= 2 + max_control_bytes);
    RC_ASSERT(static_cast<size_t>(frame[1]) == frame.size() - 2);
    RC_ASSERT(wire::is_utf8(frame.substr(4)));
  }));
}
