#pragma once

#include "runtime/error.hpp"
#include "runtime/telemetry/trace_context.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace machine::gateway {

/// Who asks; see `gateway/identity`.
struct principal;

using principal_ptr = std::shared_ptr<const principal>;

/// One request, taken apart.
struct http_request {
  std::string method;
  /// Decoded, without the query.
  std::string path;
  /// Of the route's pattern, decoded.
  std::map<std::string, std::string> params;
  std::map<std::string, std::string> query;
  /// Names in lower case.
  std::map<std::string, std::string> headers;
  std::string body;
  /// Names this request in answers, logs and traces.
  std::string id;
  /// From where it comes: an IP address without the port.
  std::string address;
  /// The operation that answering it is; without ids: it is in no trace.
  trace_context trace;
  /// Who asks; null on routes that are for anybody.
  principal_ptr who;

  /// The query's *name*, or *usual*.
  std::string query_or(const std::string& name, const std::string& usual) const;

  std::string header_or(const std::string& name,
                        const std::string& usual) const;
};

/// What a client gets.
struct http_answer {
  int status = 200;
  std::string type = "application/json";
  std::string body;
  /// Beside those that every answer has. An `ETag` that the client has already
  /// makes a 304 of the answer to a GET.
  std::vector<std::pair<std::string, std::string>> headers;
  /// The code of the problem that it tells of, if it does.
  std::string problem = {};
};

/// A stream of server-sent events to one client. Any thread may call. It ends
/// when nobody holds it any more.
class event_stream {
public:
  virtual ~event_stream() = default;

  /// Queues an event. A client for which too much waits is dropped: it gets
  /// what is under way, then an event `dropped` with the reason.
  virtual void send(const std::optional<std::string>& id,
                    std::string_view event, std::string_view data) = 0;

  /// Ends the stream after what is queued.
  virtual void close() = 0;

  /// Calls *then* once, when the client is gone or the stream has ended.
  virtual void on_closed(std::function<void()> then) = 0;

  /// Calls *then* once, when all that was queued until now has left; never, if
  /// the stream ends first. Whoever has much to send goes by this.
  virtual void on_drained(std::function<void()> then) = 0;
};

class client_socket;
class socket_user;

/// Makes the user of a WebSocket that has just opened.
using socket_maker =
  std::function<std::shared_ptr<socket_user>(std::shared_ptr<client_socket>)>;

/// Answers one request. Any thread may call; the first answer counts. If it is
/// dropped without one, the client gets a 500.
class responder {
public:
  virtual ~responder() = default;

  virtual void answer(http_answer what) = 0;

  virtual std::shared_ptr<event_stream> stream_events() = 0;

  /// Makes a WebSocket of the connection if the client asks for one in a way
  /// that is right and speaks one of *protocols*, of which the first counts,
  /// and gives it to *make*, on the socket's thread. Tells the client
  /// otherwise what is wrong. The route's contract has to say that it gives a
  /// socket. See `client_socket.hpp`. Where there is no connection to make one
  /// of, this is a problem.
  virtual void open_socket(std::vector<std::string> protocols,
                           socket_maker make);

  void reply(int status, std::string type, std::string body) {
    answer({status, std::move(type), std::move(body), {}});
  }

  void json(int status, std::string body) {
    reply(status, "application/json", std::move(body));
  }

  /// Answers as RFC 9457 says.
  void problem(const caf::error& why);
};

using responder_ptr = std::shared_ptr<responder>;

/// The HTTP status that an error means.
int status_of(const caf::error& why);

/// The problem document of an error (RFC 9457).
std::string problem_document(const caf::error& why, int status);

/// The answer that tells a client of an error.
http_answer problem_answer(const caf::error& why);

} // namespace machine::gateway
