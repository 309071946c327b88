#pragma once

#include "gateway/http/client_socket.hpp"
#include "gateway/websocket/frame.hpp"
#include "runtime/telemetry/metrics.hpp"
#include "tests/gateway/http/server_under_test.hpp"
#include "tests/gateway/socket_client.hpp"

namespace machine::test {

using socket_ptr = std::shared_ptr<gateway::client_socket>;

constexpr const char* bearer = "Authorization: Bearer sesame\r\n";

/// Sends messages back; those that begin with `GET ` are requests.
class echo final : public gateway::socket_user {
public:
  explicit echo(socket_ptr to) : to_(std::move(to)) {}

  void on_message(websocket::message what) override {
    if (!what.payload.starts_with("GET "))
      return say(what.kind, what.payload);
    to_->ask(
      {"GET", what.payload.substr(4), {}, {}},
      [to = to_](const gateway::http_answer& x) {
        to->send(gateway::frames_of(websocket::encode_frame(
          websocket::opcode::text, std::to_string(x.status) + " " + x.body)));
      });
  }

  void on_drained() override {}
  void on_checked() override {}

  void on_drain() override {
    say(websocket::opcode::text, "farewell");
  }

  void on_gone() override {
    gone->open();
  }

  void say(websocket::opcode kind, const std::string& text) {
    to_->send(gateway::frames_of(websocket::encode_frame(kind, text)));
  }

  std::shared_ptr<gate> gone = std::make_shared<gate>();

private:
  socket_ptr to_;
};

/// A server whose `GET /socket` is an echo.
struct echo_server {
  std::shared_ptr<kept<socket_ptr>> next = std::make_shared<kept<socket_ptr>>();
  std::shared_ptr<kept<std::shared_ptr<gate>>> gone =
    std::make_shared<kept<std::shared_ptr<gate>>>();
  std::shared_ptr<metrics> numbers = std::make_shared<metrics>();
  server_under_test server;

  explicit echo_server(const server_under_test::tune& how = {},
                       const gateway::route_table& more = {})
      : server(routes(more), [&](gateway::server_options& x) {
          x.numbers = numbers;
          if (how)
            how(x);
        }) {}

  gateway::route_table routes(const gateway::route_table& more) const {
    auto result = plain_routes();
    result.insert(result.end(), more.begin(), more.end());
    result.push_back(
      {"GET",
       "/socket",
       gateway::permission::anyone_known(),
       {},
       "",
       gateway::contract::gives_socket(),
       [next = next, gone = gone](const gateway::http_request&,
                                  const gateway::responder_ptr& to) {
         to->open_socket({"themachine.v1.json", "themachine.v1.msgpack"},
                         [=](socket_ptr socket) {
                           auto user = std::make_shared<echo>(socket);
                           gone->put(user->gone);
                           next->put(std::move(socket));
                           return user;
                         });
       }});
    return result;
  }

  socket_client connect(const std::string& headers = bearer,
                        const std::string& protocol = "themachine.v1.json",
                        int window = 0) const {
    return {server.port(), "/socket", headers, protocol, window};
  }

  /// The answer to a handshake that is refused.
  raw_answer refused(const std::string& headers = bearer,
                     const std::string& protocol = "themachine.v1.json") const {
    auto answer =
      server.ask(socket_request(server.port(), "/socket", headers, protocol));
    CHECK(answer.is_problem());
    return answer;
  }

  double dropped(const std::string& reason) const {
    auto text = numbers->render();
    auto mark =
      "themachine_http_sockets_dropped_total{reason=\"" + reason + "\"} ";
    auto at = text.find(mark);
    REQUIRE(at != std::string::npos);
    return std::stod(text.substr(at + mark.size()));
  }
};

} // namespace machine::test
