#pragma once

#include "gateway/http/client_socket.hpp"
#include "gateway/http/connection.hpp"
#include "gateway/http/inner.hpp"
#include "gateway/websocket/reader.hpp"

#include <deque>

/// Included by the parts of the server alone.
namespace machine::gateway {

/// The frames that wait for a client of a WebSocket, and what it sends.
class socket_stream final : public client_socket,
                            public occupant,
                            public std::enable_shared_from_this<socket_stream> {
public:
  explicit socket_stream(std::shared_ptr<connection> on);

  /// Answers the handshake, and gives the socket to what *make* makes.
  void begin(const std::vector<std::string>& protocols,
             const socket_maker& make);

  std::shared_ptr<socket_home> home() const override;
  const std::string& protocol() const override;
  void send(shared_frames what) override;
  void close(websocket::close_code code, std::string_view reason) override;
  void ask(inner_request what, std::function<void(http_answer)> then) override;
  void admit(const std::string& target, admitted then) override;
  void check(const std::string& target, admitted then) override;

  void on_tick(steady_time now) override;
  void on_flush() override;
  void on_read_ahead() override;
  void on_checked() override;
  void on_refused(const std::string& why) override;
  void on_drain() override;
  void on_gone() override;

private:
  using error_code = boost::system::error_code;
  using question = void (doorman::*)(const route&, const http_request&,
                                     std::function<void(admission)>);

  /// Asks the doorman *how* about GET *target*.
  void ask_door(question how, const std::string& target, admitted then);

  /// What the end of the connection waits for.
  enum class stage : uint8_t {
    open,
    /// Our close frame is on its way, or the client's answer to it.
    closing,
    /// Both have closed: what waits leaves, and that was it.
    leaving,
    gone,
  };

  void read();
  void take_early();
  void on_read(error_code code, size_t count);
  void take(std::string_view bytes);
  void take(websocket::event what);
  void end_after(websocket::close_code code, std::string_view reason,
                 stage next);
  void drop(drop_reason why, websocket::close_code code,
            std::string_view reason);
  void enqueue(shared_frames what);
  void want_flush();
  void write();
  /// Whether the system has taken all, or takes no more at present.
  bool write_plain();
  void write_tls();
  void wait_for_room();
  void on_sent(size_t bytes);
  void on_empty();
  void part();
  void end();
  void say_farewell();

  std::shared_ptr<connection> on_;
  std::shared_ptr<socket_user> user_;
  std::string protocol_;
  websocket::reader reader_;
  std::array<char, 8'192> incoming_{};
  std::deque<shared_frames> queue_;
  /// Of the first one, what has left.
  size_t sent_ = 0;
  /// Bytes of all of them that have not left.
  size_t waiting_ = 0;
  /// What TLS writes, which may not move meanwhile.
  std::string tls_out_;
  std::vector<std::weak_ptr<inner_exchange>> asked_;
  steady_time write_deadline_ = never;
  steady_time close_deadline_ = never;
  steady_time heard_at_;
  steady_time ping_at_;
  /// What was read since the client was told to close.
  size_t ignored_ = 0;
  stage stage_ = stage::open;
  /// Requests in messages that have no answer yet.
  size_t under_way_ = 0;
  /// The server is about to end: no more is begun.
  bool draining_ = false;
  bool flushing_ = false;
  bool writing_ = false;
  bool pong_waits_ = false;
  bool told_drained_ = true;
  /// The client broke a rule; what it sends is not read any more.
  bool deaf_ = false;
};

} // namespace machine::gateway
