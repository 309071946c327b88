#include "tests/gateway/websocket/client.hpp"

#include <catch2/catch.hpp>

using namespace machine;
using namespace machine::websocket;
using namespace machine::test;
using namespace std::string_literals;

namespace {

using events = std::vector<event>;

/// The code that the last event fails with; `no_status` if it does not.
close_code failure_of(const events& in) {
  auto last = in.empty() ? nullptr : std::get_if<failure>(&in.back());
  if (last == nullptr)
    return close_code::no_status;
  CHECK(!last->reason.empty());
  CHECK(last->reason.size() <= max_reason_bytes);
  return last->code;
}

close_code failure_of(std::string_view bytes, reader_limits limits = {}) {
  return failure_of(read_all(bytes, limits));
}

/// A close frame with *code* and *reason*.
std::string client_close(int code, const std::string& reason = {}) {
  return client_frame(
    0x88, std::string{static_cast<char>(code >> 8), static_cast<char>(code)}
            + reason);
}

} // namespace

TEST_CASE("a masked frame becomes a message") {
  // RFC 6455, section 5.7.
  CHECK(read_all("\x81\x85\x37\xFA\x21\x3D\x7F\x9F\x4D\x51\x58")
        == events{message{opcode::text, "Hello"}});
  CHECK(read_all(client_frame(0x82, "\0\xFF"s))
        == events{message{opcode::binary, "\0\xFF"s}});
  CHECK(read_all(client_frame(0x81, "")) == events{message{opcode::text, ""}});
}

TEST_CASE("every spelling of a length is read") {
  for (size_t size : {125, 126, 65'535, 65'536}) {
    auto payload = std::string(size, 'x');
    CHECK(read_all(client_frame(0x82, payload))
          == events{message{opcode::binary, payload}});
  }
}

TEST_CASE("fragments become one message, with control frames in between") {
  auto bytes = client_frame(0x01, "Hel") + client_frame(0x89, "ping")
             + client_frame(0x00, "") + client_frame(0x8A, "pong")
             + client_frame(0x80, "lo") + client_frame(0x82, "next");
  CHECK(read_all(bytes)
        == events{ping_frame{"ping"}, pong_frame{"pong"},
                  message{opcode::text, "Hello"},
                  message{opcode::binary, "next"}});
}

TEST_CASE("a reader stops at every event and goes on after it") {
  auto first = client_frame(0x89, "");
  auto second = client_frame(0x81, "x");
  reader by;
  auto got = by.read(first + second);
  CHECK(got.taken == first.size());
  CHECK(got.found == event{ping_frame{}});
  got = by.read(second);
  CHECK(got.taken == second.size());
  CHECK(got.found == event{message{opcode::text, "x"}});
  got = by.read("\x81");
  CHECK(got.taken == 1);
  CHECK(!got.found);
}

TEST_CASE("reserved bits fail with 1002") {
  for (uint8_t bit : {0x40, 0x20, 0x10})
    CHECK(failure_of(std::string{static_cast<char>(0x81 | bit)})
          == close_code::protocol_error);
}

TEST_CASE("unknown opcodes fail with 1002") {
  for (uint8_t x : {3, 4, 5, 6, 7, 11, 12, 13, 14, 15})
    CHECK(failure_of(std::string{static_cast<char>(0x80 | x)})
          == close_code::protocol_error);
}

TEST_CASE("a frame without a mask fails with 1002") {
  CHECK(failure_of("\x81\x05") == close_code::protocol_error);
  CHECK(failure_of("\x89\x00"s) == close_code::protocol_error);
}

TEST_CASE("a control frame in fragments fails with 1002") {
  for (auto first : {"\x08", "\x09", "\x0A"})
    CHECK(failure_of(first) == close_code::protocol_error);
}

TEST_CASE("a control frame has up to 125 bytes; more fail with 1002") {
  auto most = std::string(125, 'x');
  CHECK(read_all(client_frame(0x89, most)) == events{ping_frame{most}});
  for (auto first : {"\x88", "\x89", "\x8A"})
    for (auto second : {"\xFE", "\xFF"})
      CHECK(failure_of(first + ""s + second) == close_code::protocol_error);
}

TEST_CASE("a length that is longer than it needs to be fails with 1002") {
  CHECK(failure_of("\x82\xFE\x00\x7D"s) == close_code::protocol_error);
  CHECK(failure_of("\x82\xFF\x00\x00\x00\x00\x00\x00\xFF\xFF"s)
        == close_code::protocol_error);
}

TEST_CASE("a length of 64 bits fails with 1002") {
  CHECK(failure_of("\x82\xFF\x80\x00\x00\x00\x00\x00\x00\x00"s)
        == close_code::protocol_error);
}

TEST_CASE("a continuation of nothing fails with 1002") {
  CHECK(failure_of(client_frame(0x80, "x")) == close_code::protocol_error);
  CHECK(failure_of(client_frame(0x81, "x") + client_frame(0x00, "x"))
        == close_code::protocol_error);
}

TEST_CASE("a message within another fails with 1002") {
  CHECK(failure_of(client_frame(0x01, "x") + client_frame(0x81, "x"))
        == close_code::protocol_error);
  CHECK(failure_of(client_frame(0x02, "x") + client_frame(0x02, "x"))
        == close_code::protocol_error);
}

TEST_CASE("a message that is too large fails with 1009 by its header") {
  reader_limits limits{.max_message_bytes = 200};
  auto most = std::string(200, 'x');
  CHECK(read_all(client_frame(0x82, most), limits)
        == events{message{opcode::binary, most}});
  auto header = client_frame(0x82, std::string(201, 'x')).substr(0, 8);
  CHECK(failure_of(header, limits) == close_code::message_too_big);
  CHECK(failure_of("\x82\xFF\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01\x02\x03\x04")
        == close_code::message_too_big);
  // Together with what came before.
  auto parts = client_frame(0x02, std::string(150, 'x'))
             + client_frame(0x80, std::string(51, 'x')).substr(0, 6);
  CHECK(failure_of(parts, limits) == close_code::message_too_big);
}

TEST_CASE("a message of too many frames fails with 1008") {
  reader_limits limits{.max_fragments = 3};
  auto three =
    client_frame(0x01, "") + client_frame(0x00, "") + client_frame(0x80, "");
  // The next message counts anew.
  CHECK(read_all(three + three, limits).size() == 2);
  auto four = client_frame(0x01, "") + client_frame(0x00, "")
            + client_frame(0x00, "") + client_frame(0x00, "");
  CHECK(failure_of(four, limits) == close_code::policy_violation);
}

TEST_CASE("text that is not UTF-8 fails with 1007 at its first bad byte") {
  auto text = "Hello \xED\xA0\x80 and more"s;
  auto frame = client_frame(0x81, text);
  auto good = frame.substr(0, 6 + 7);
  reader by;
  CHECK(read_all(by, good).empty());
  CHECK(failure_of(read_all(by, frame.substr(good.size(), 1)))
        == close_code::invalid_payload);
}

TEST_CASE("a message may not end within a character; a fragment may") {
  CHECK(failure_of(client_frame(0x81, "x\xE2\x82"))
        == close_code::invalid_payload);
  CHECK(failure_of(client_frame(0x01, "\xE2\x82") + client_frame(0x80, ""))
        == close_code::invalid_payload);
  CHECK(read_all(client_frame(0x01, "\xE2\x82") + client_frame(0x80, "\xAC"))
        == events{message{opcode::text, "\xE2\x82\xAC"}});
  // Nothing of it is left for the next.
  CHECK(read_all(client_frame(0x01, "\xC3") + client_frame(0x80, "\xA9")
                 + client_frame(0x81, "a"))
          .size()
        == 2);
}

TEST_CASE("binary need not be UTF-8") {
  CHECK(read_all(client_frame(0x02, "\xFF") + client_frame(0x80, "\xC3"))
        == events{message{opcode::binary, "\xFF\xC3"}});
}

TEST_CASE("a close has a code and a reason, or neither") {
  CHECK(read_all(client_frame(0x88, ""))
        == events{close_frame{close_code::no_status, ""}});
  CHECK(read_all(client_close(1001, "é"))
        == events{close_frame{close_code::going_away, "é"}});
  CHECK(failure_of(client_frame(0x88, "\x03")) == close_code::protocol_error);
}

TEST_CASE("a close has a code that may be sent; others fail with 1002") {
  auto may = [](int x) {
    return (x >= 1000 && x <= 1003) || (x >= 1007 && x <= 1014)
        || (x >= 3000 && x <= 4999);
  };
  for (int code = 0; code <= 0xFFFF; ++code) {
    auto got = read_all(client_close(code));
    auto expected =
      may(code) ? event{close_frame{close_code(code), ""}} : event{};
    // CHECK is slow.
    if (got.size() != 1 || (may(code) && got[0] != expected)
        || (!may(code) && failure_of(got) != close_code::protocol_error))
      FAIL(code);
  }
  SUCCEED();
}

TEST_CASE("a close whose reason is not UTF-8 fails with 1007") {
  CHECK(failure_of(client_close(1000, "\xFF")) == close_code::invalid_payload);
  CHECK(failure_of(client_close(1000, "\xC3")) == close_code::invalid_payload);
}

TEST_CASE("nothing is taken after a close or a failure") {
  for (auto& last : {client_close(1000), client_frame(0x83, "")}) {
    reader by;
    CHECK(read_all(by, client_frame(0x01, "x") + last).size() == 1);
    CHECK(by.is_done());
    auto after = by.read(client_frame(0x81, "x"));
    CHECK(after.taken == 0);
    CHECK(!after.found);
  }
}
