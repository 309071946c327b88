#pragma once

#include "gateway/api/ask.hpp"
#include "gateway/api/subscription.hpp"
#include "gateway/http/client_socket.hpp"
#include "gateway/session/codec.hpp"

#include <map>
#include <set>

namespace machine::gateway {

/// One client of a WebSocket: what `session/README.md` says. It lives on the
/// socket's thread.
class client_session final
    : public socket_user,
      public std::enable_shared_from_this<client_session> {
public:
  /// Requests of one client that wait for their answers, at most.
  static constexpr size_t max_requests = 32;

  /// Topics of one client, at most.
  static constexpr size_t max_topics = 64;

  /// Pages of stored events that one client is sent at a time. One may be a
  /// single event that is as long as what may wait.
  static constexpr size_t max_pages = 1;

  /// An answer to a request that has more bytes has to be asked for by HTTP:
  /// it would keep events waiting.
  static constexpr size_t max_answer_bytes = 512u << 10;

  client_session(context_ptr context, std::shared_ptr<client_socket> socket);

  void on_message(websocket::message what) override;
  void on_drained() override;
  void on_checked() override;
  void on_drain() override;
  void on_gone() override;

private:
  void handle(session::request& what);
  void handle(const session::subscribe& what);
  void handle(const session::unsubscribe& what);
  void handle(const session::credit& what);
  void handle(const session::ping& what);

  /// `unavailable` if the machine stops.
  caf::error check_open() const;
  void say(const session::server_message& what);
  void refuse(std::optional<std::string> id, const caf::error& why);
  void refuse(std::optional<std::string> id, const http_answer& why);
  void reply(const std::string& id, http_answer what);
  void on_admitted(const session::subscribe& what, principal_ptr who,
                   std::optional<http_answer> refusal);
  /// The subscription of *topic*; null if it is none, which the client is told.
  subscription* find(const std::string& id, const std::string& topic);
  void forget(const std::string& topic);

  context_ptr context_;
  std::shared_ptr<client_socket> socket_;
  session::dialect dialect_;
  std::set<std::string> requests_;
  /// By topic; null while it is not known yet whether there will be one.
  std::map<std::string, std::shared_ptr<subscription>> topics_;
  std::shared_ptr<page_turns> turns_ = std::make_shared<page_turns>(max_pages);
  bool stopping_ = false;
};

} // namespace machine::gateway
