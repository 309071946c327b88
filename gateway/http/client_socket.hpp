#pragma once

#include "gateway/http/exchange.hpp"
#include "gateway/http/home.hpp"
#include "gateway/websocket/event.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace machine::gateway {

/// Encoded frames, which any number of clients share.
struct shared_frames {
  std::shared_ptr<const std::string> data;
  /// What of it is meant.
  size_t begin = 0;
  size_t end = 0;
  /// How many frames that is.
  size_t count = 1;

  size_t size() const {
    return end - begin;
  }

  std::string_view view() const {
    return std::string_view{*data}.substr(begin, size());
  }
};

/// *frame* for one client.
inline shared_frames frames_of(std::string frame) {
  auto size = frame.size();
  return {std::make_shared<const std::string>(std::move(frame)), 0, size, 1};
}

/// A request that came in a message.
struct inner_request {
  std::string method;
  std::string target;
  /// Names in lower case.
  std::map<std::string, std::string> headers;
  std::string body;
};

/// A WebSocket as the program has it. It lives on one thread of the server, and
/// all members are for that thread alone.
class client_socket {
public:
  virtual ~client_socket() = default;

  /// Its thread, which it shares with others.
  virtual std::shared_ptr<socket_home> home() const = 0;

  /// The subprotocol that was chosen.
  virtual const std::string& protocol() const = 0;

  /// Queues frames. All that waits leaves together. A client for which too
  /// much waits, or which does not read, is dropped with a reason.
  virtual void send(shared_frames what) = 0;

  /// Closes the socket after what is queued.
  virtual void close(websocket::close_code code, std::string_view reason) = 0;

  /// Has the route of *what* answer it, as if it had come in a connection of
  /// its own, from the same client; *then* is called once, on this thread.
  virtual void ask(inner_request what,
                   std::function<void(http_answer)> then) = 0;

  using admitted =
    std::function<void(principal_ptr, std::optional<http_answer>)>;

  /// Asks the doorman whether the client may use GET *target* now; *then* gets
  /// who they are, or the refusal, on this thread. It counts as a request.
  virtual void admit(const std::string& target, admitted then) = 0;

  /// The same of what the client was given and has still: nothing is counted.
  virtual void check(const std::string& target, admitted then) = 0;
};

/// What a WebSocket is for. All members are called on the socket's thread.
class socket_user {
public:
  virtual ~socket_user() = default;

  virtual void on_message(websocket::message what) = 0;

  /// All that was sent has left.
  virtual void on_drained() = 0;

  /// The client is known still; a while has passed since this was looked at.
  virtual void on_checked() = 0;

  /// The server is about to end, and closes the socket when the requests that
  /// are under way have their answers.
  virtual void on_drain() = 0;

  /// The client is gone.
  virtual void on_gone() = 0;
};

} // namespace machine::gateway
