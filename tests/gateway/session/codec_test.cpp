#include "gateway/session/codec.hpp"

#include "runtime/wire/typescript.hpp"
#include "tests/gateway/websocket/client.hpp"
#include "tests/support/formats.hpp"

using namespace machine;
using namespace machine::gateway::session;
using websocket::opcode;

namespace {

misread refused(const std::string& text) {
  auto found = read_message(dialect::json, {opcode::text, text});
  INFO(text);
  REQUIRE(std::holds_alternative<misread>(found));
  auto result = std::get<misread>(std::move(found));
  CHECK(!message_of(result.why).empty());
  return result;
}

std::string why(const std::string& text) {
  return message_of(refused(text).why);
}

client_message good(const std::string& text) {
  auto found = read_message(dialect::json, {opcode::text, text});
  if (auto* bad = std::get_if<misread>(&found))
    FAIL(text << ": " << message_of(bad->why));
  return std::get<client_message>(std::move(found));
}

/// The payload of a frame of a server.
std::string payload_of(const std::string& frame) {
  auto size = static_cast<uint8_t>(frame[1]);
  REQUIRE(size <= 125);
  REQUIRE(frame.size() == 2u + size);
  return frame.substr(2);
}

} // namespace

TEST_CASE("messages keep their meaning in every format") {
  test::check_formats<client_message>();
  test::check_formats<server_message>();
}

TEST_CASE("what clients say reads") {
  CHECK(good(R"({"type":"subscribe","id":"1","topic":"runs"})")
        == client_message{subscribe{"1", "runs", {}, {}, {}}});
  CHECK(good(R"({"type":"subscribe","id":"1","topic":"run/r-1",)"
             R"("after":"18446744073709551615","credit":4})")
        == client_message{
          subscribe{"1", "run/r-1", ~uint64_t{0}, {}, uint32_t{4}}});
  CHECK(good(R"({"type":"subscribe","id":"1","topic":"runs","latest":true})")
        == client_message{subscribe{"1", "runs", {}, true, {}}});
  CHECK(good(R"({"type":"unsubscribe","id":"1","topic":"runs"})")
        == client_message{unsubscribe{"1", "runs"}});
  CHECK(good(R"({"type":"credit","id":"1","topic":"runs","events":7})")
        == client_message{credit{"1", "runs", 7}});
  CHECK(good(R"({"type":"ping","id":"x"})") == client_message{ping{"x"}});
  CHECK(good(R"({"type":"request","id":"1","method":"POST","path":"/x",)"
             R"("headers":{"If-Match":"y"},"body":{"a":[1,2]}})")
        == client_message{
          request{"1", "POST", "/x",
                  std::map<std::string, std::string>{{"If-Match", "y"}},
                  json_text{R"({"a":[1,2]})"}}});
}

TEST_CASE("MessagePack says the same") {
  client_message what{subscribe{"1", "runs", uint64_t{5}, {}, {}}};
  auto packed = wire::to_msgpack(what);
  websocket::message binary{opcode::binary, std::string{as_text(packed)}};
  auto found = read_message(dialect::msgpack, binary);
  REQUIRE(std::holds_alternative<client_message>(found));
  CHECK(std::get<client_message>(found) == what);
}

TEST_CASE("an error has the id of its message if that reads") {
  CHECK(refused("").id == std::nullopt);
  CHECK(refused("{").id == std::nullopt);
  CHECK(refused("[1]").id == std::nullopt);
  CHECK(refused(R"({"type":"ping"})").id == std::nullopt);
  CHECK(refused(R"({"type":"ping","id":7})").id == std::nullopt);
  CHECK(refused(R"({"type":"ping","id":")" + std::string(65, 'x') + R"("})").id
        == std::nullopt);
  CHECK(refused(R"({"type":"dance","id":"7"})").id == "7");
  CHECK(refused(R"({"id":"7"})").id == "7");
  CHECK(refused(R"({"type":"subscribe","id":"7"})").id == "7");
  CHECK(refused(R"({"type":"ping","id":"7","x":1})").id == "7");
}

TEST_CASE("an error says what is wrong, and where") {
  CHECK(why(R"({"type":"subscribe","id":"7","topic":1})").find("topic")
        != std::string::npos);
  CHECK(why(R"({"type":"subscribe","id":"7","topic":"runs","creddit":1})")
        == "subscribe has no member creddit; did you mean credit?");
  CHECK(why(R"({"type":"subscribe","id":"7","topic":"runs","after":"-1"})")
          .find("after")
        != std::string::npos);
  CHECK(why(R"({"type":"subscribe","id":"7","topic":"runs","after":"1",)"
            R"("latest":true})")
        == "subscribe has after and latest; use one of them");
  CHECK(why(R"({"type":"credit","id":"7","topic":"runs","events":0})")
        == "events is 0; it is 1 or more");
  CHECK(why(R"({"type":"ping","id":""})")
        == "id has 0 bytes; it can have 1 to 64");
}

TEST_CASE("after and latest go together if latest is false") {
  good(R"({"type":"subscribe","id":"7","topic":"runs","after":"1",)"
       R"("latest":false})");
}

TEST_CASE("text is for JSON, and binary for MessagePack") {
  auto packed = wire::to_msgpack(client_message{ping{"1"}});
  auto wrong =
    read_message(dialect::json, {opcode::binary, std::string{as_text(packed)}});
  REQUIRE(std::holds_alternative<misread>(wrong));
  CHECK(message_of(std::get<misread>(wrong).why).find("is text")
        != std::string::npos);
  auto other = read_message(dialect::msgpack,
                            {opcode::text, R"({"type":"ping","id":"1"})"});
  CHECK(std::holds_alternative<misread>(other));
}

TEST_CASE("what is deep or has very many parts is refused") {
  CHECK(why(R"({"type":"request","id":"1","method":"POST","path":"/",)"
            R"("body":)"
            + std::string(100, '[') + std::string(100, ']') + "}")
        != "");
  std::string many = "[0";
  for (int i = 0; i < 100'000; ++i)
    many += ",0";
  why(R"({"type":"request","id":"1","method":"POST","path":"/","body":)" + many
      + "]}");
}

TEST_CASE("what the machine says is one frame") {
  CHECK(
    payload_of(encode(dialect::json, topic_event{"runs", 7, {R"({"a":1})"}}))
    == R"({"type":"event","topic":"runs","seq":"7","data":{"a":1}})");
  CHECK(payload_of(encode(dialect::json, topic_live{"run/r-1", {"1"}}))
        == R"({"type":"live","topic":"run/r-1","data":1})");
  CHECK(payload_of(encode(dialect::json, pong{"1"}))
        == R"({"type":"pong","id":"1"})");
  CHECK(payload_of(
          encode(dialect::json, error_message{std::nullopt, "not_found", "no"}))
        == R"({"type":"error","code":"not_found","message":"no"})");
  auto frame = encode(dialect::msgpack, pong{"1"});
  CHECK(static_cast<uint8_t>(frame[0]) == 0x82);
  auto back = wire::from_msgpack<server_message>(as_bytes(payload_of(frame)));
  REQUIRE(back);
  CHECK(*back == server_message{pong{"1"}});
}

TEST_CASE("there are types for clients in TypeScript") {
  auto text = wire::typescript<wire::named<"client_message", client_message>,
                               wire::named<"server_message", server_message>>();
  REQUIRE(text);
  CHECK(text->find("export type client_message = ({ type: \"request\" } & "
                   "request)")
        != std::string::npos);
  CHECK(text->find("after?: string;") != std::string::npos);
}
