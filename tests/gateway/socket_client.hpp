#pragma once

#include "tests/gateway/raw_client.hpp"
#include "tests/gateway/websocket/client.hpp"

#include <nlohmann/json.hpp>

namespace machine::test {

/// The request of a client that wants a WebSocket at *target*.
inline std::string
socket_request(uint16_t port, const std::string& target,
               const std::string& headers,
               const std::string& protocol = "themachine.v1.json") {
  auto text = "GET " + target
            + " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port)
            + "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
              "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
              "Sec-WebSocket-Version: 13\r\n";
  if (!protocol.empty())
    text += "Sec-WebSocket-Protocol: " + protocol + "\r\n";
  return text + headers + "\r\n";
}

/// A frame as it came.
struct server_frame {
  uint8_t first = 0;
  std::string payload;

  /// Of a close frame.
  int code() const {
    return payload.size() < 2 ? 0
                              : static_cast<uint8_t>(payload[0]) << 8
                                  | static_cast<uint8_t>(payload[1]);
  }

  std::string reason() const {
    return payload.size() < 2 ? "" : payload.substr(2);
  }
};

/// A client of a WebSocket that sends whatever a test likes.
class socket_client {
public:
  /// Has the handshake done; the test fails if it is refused.
  socket_client(uint16_t port, const std::string& target,
                const std::string& headers,
                const std::string& protocol = "themachine.v1.json",
                int window = 0)
      : client_(port, window) {
    REQUIRE(client_.send(socket_request(port, target, headers, protocol)));
    auto answer = client_.read();
    INFO(answer.body);
    REQUIRE(answer.status == 101);
    CHECK(answer.header("sec-websocket-accept")
          == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    protocol_ = answer.header("sec-websocket-protocol");
  }

  const std::string& protocol() const {
    return protocol_;
  }

  raw_client& raw() {
    return client_;
  }

  void send(uint8_t first, std::string_view payload) {
    REQUIRE(client_.send(client_frame(first, payload)));
  }

  void say(const nlohmann::json& what) {
    send(0x81, what.dump());
  }

  server_frame next_frame() {
    server_frame result;
    auto head = client_.read_bytes(2);
    result.first = static_cast<uint8_t>(head[0]);
    uint64_t size = static_cast<uint8_t>(head[1]);
    auto more = size == 126 ? 2u : size == 127 ? 8u : 0u;
    if (more > 0) {
      size = 0;
      for (auto c : client_.read_bytes(more))
        size = size << 8 | static_cast<uint8_t>(c);
    }
    result.payload = client_.read_bytes(size);
    return result;
  }

  /// The next frame that is no ping.
  server_frame next() {
    for (;;) {
      auto result = next_frame();
      if (result.first != 0x89)
        return result;
    }
  }

  /// The next message, which is JSON.
  nlohmann::json hear() {
    auto frame = next();
    INFO(static_cast<int>(frame.first) << " " << frame.payload);
    REQUIRE(frame.first == 0x81);
    return nlohmann::json::parse(frame.payload);
  }

  /// Says *what*, and hears the answer.
  nlohmann::json ask(const nlohmann::json& what) {
    say(what);
    return hear();
  }

  void leave() {
    client_.leave();
  }

private:
  raw_client client_;
  std::string protocol_;
};

} // namespace machine::test
