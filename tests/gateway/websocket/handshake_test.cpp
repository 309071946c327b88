#include "gateway/websocket/handshake.hpp"

#include <catch2/catch.hpp>

using namespace machine;
using namespace machine::websocket;

namespace {

const std::vector<std::string> spoken{"themachine.v1.json",
                                      "themachine.v1.msgpack"};

/// The request of RFC 6455, section 1.3, to be spoiled.
struct client_request {
  std::string method = "GET";
  unsigned version = 11;
  std::vector<std::pair<std::string, std::string>> headers{
    {"upgrade", "websocket"},
    {"connection", "Upgrade"},
    {"sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="},
    {"sec-websocket-version", "13"}};

  /// Puts *values* in the place of what the header has.
  client_request with(const std::string& name,
                      const std::vector<std::string>& values) const {
    auto result = *this;
    std::erase_if(result.headers, [&](auto& x) { return x.first == name; });
    for (auto& value : values)
      result.headers.emplace_back(name, value);
    return result;
  }

  std::variant<accepted, refused> check() const {
    return check_upgrade({method, version,
                          [this](std::string_view name) {
                            std::vector<std::string_view> result;
                            for (auto& [key, value] : headers)
                              if (key == name)
                                result.emplace_back(value);
                            return result;
                          }},
                         spoken);
  }
};

const client_request good;

std::string header_of(const header_list& in, const std::string& name) {
  for (auto& [key, value] : in)
    if (key == name)
      return value;
  return "none";
}

/// The status of the answer, 101 if the request is accepted.
int status_of(const client_request& x) {
  auto answer = x.check();
  auto no = std::get_if<refused>(&answer);
  if (no == nullptr)
    return 101;
  CHECK(code_of(no->why) == ec::invalid_argument);
  CHECK(!message_of(no->why).empty());
  return no->status;
}

/// The protocol that is chosen of what the headers *values* offer.
std::string chosen_of(const std::vector<std::string>& values) {
  auto answer = good.with("sec-websocket-protocol", values).check();
  auto yes = std::get_if<accepted>(&answer);
  if (yes == nullptr)
    return "refused";
  auto header = header_of(yes->headers, "Sec-WebSocket-Protocol");
  CHECK(header == (yes->protocol.empty() ? "none" : yes->protocol));
  return yes->protocol;
}

} // namespace

TEST_CASE("the handshake of the RFC is accepted") {
  auto answer = good.check();
  auto yes = std::get_if<accepted>(&answer);
  REQUIRE(yes != nullptr);
  CHECK(yes->protocol.empty());
  CHECK(
    yes->headers
    == header_list{{"Upgrade", "websocket"},
                   {"Connection", "Upgrade"},
                   {"Sec-WebSocket-Accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="}});
}

TEST_CASE("words of Upgrade and Connection count in any case and any list") {
  CHECK(status_of(good.with("upgrade", {"WebSocket"})) == 101);
  CHECK(status_of(good.with("upgrade", {"h2c,\twebsocket"})) == 101);
  CHECK(status_of(good.with("connection", {"keep-alive, UPGRADE"})) == 101);
  CHECK(status_of(good.with("connection", {"keep-alive", "upgrade"})) == 101);
}

TEST_CASE("a method other than GET is refused with 405") {
  auto request = good;
  request.method = "POST";
  CHECK(status_of(request) == 405);
  auto answer = request.check();
  CHECK(header_of(std::get<refused>(answer).headers, "Allow") == "GET");
}

TEST_CASE("HTTP/1.0 is refused with 400") {
  auto request = good;
  request.version = 10;
  CHECK(status_of(request) == 400);
}

TEST_CASE("a request that does not ask for a WebSocket is refused with 426") {
  for (auto name : {"upgrade", "connection"})
    for (auto& values : std::vector<std::vector<std::string>>{
           {}, {""}, {"keep-alive"}, {"websockets, upgrades"}}) {
      auto request = good.with(name, values);
      CHECK(status_of(request) == 426);
      auto answer = request.check();
      CHECK(header_of(std::get<refused>(answer).headers, "Upgrade")
            == "websocket");
    }
}

TEST_CASE("a version other than 13 is refused with 426, which names 13") {
  for (auto& values : std::vector<std::vector<std::string>>{
         {}, {"8"}, {"13, 8"}, {"013"}, {"13", "13"}}) {
    auto request = good.with("sec-websocket-version", values);
    CHECK(status_of(request) == 426);
    auto answer = request.check();
    CHECK(header_of(std::get<refused>(answer).headers, "Sec-WebSocket-Version")
          == "13");
  }
}

TEST_CASE("a key is 16 bytes in Base64, once; else 400") {
  auto key = std::string{"dGhlIHNhbXBsZSBub25jZQ=="};
  CHECK(status_of(good.with("sec-websocket-key", {" " + key + "\t"})) == 101);
  for (auto& values :
       std::vector<std::vector<std::string>>{{},
                                             {""},
                                             {key, key},
                                             {key + ", " + key},
                                             {"dGhlIHNhbXBsZSBub25jZ==="},
                                             {"dGhlIHNhbXBsZSBub25j"},
                                             {"dGhlIHNhbXBsZSBub25jZWQx"},
                                             {"dGhlIHNhbXBsZSBub25jZ!=="},
                                             {std::string(4'000, 'A')}})
    CHECK(status_of(good.with("sec-websocket-key", values)) == 400);
}

TEST_CASE("the first protocol of the server that is offered is chosen") {
  CHECK(chosen_of({}).empty());
  CHECK(chosen_of({" ,"}).empty());
  CHECK(chosen_of({"themachine.v1.msgpack"}) == "themachine.v1.msgpack");
  CHECK(chosen_of({"themachine.v1.msgpack,,themachine.v1.json"})
        == "themachine.v1.json");
  CHECK(chosen_of({"other", "themachine.v1.msgpack ,another"})
        == "themachine.v1.msgpack");
}

TEST_CASE("a client that speaks no protocol of the server is refused") {
  for (auto other :
       {"other", "THEMACHINE.V1.JSON", "no name", "themachine.v1.json, a;b"})
    CHECK(status_of(good.with("sec-websocket-protocol", {other})) == 400);
  auto answer = good.with("sec-websocket-protocol", {"other"}).check();
  CHECK(message_of(std::get<refused>(answer).why)
        == "none of the protocols in Sec-WebSocket-Protocol is spoken here; "
           "use one of themachine.v1.json, themachine.v1.msgpack");
}

TEST_CASE("extensions are not negotiated") {
  auto answer =
    good.with("sec-websocket-extensions", {"permessage-deflate"}).check();
  auto yes = std::get_if<accepted>(&answer);
  REQUIRE(yes != nullptr);
  CHECK(header_of(yes->headers, "Sec-WebSocket-Extensions") == "none");
}
