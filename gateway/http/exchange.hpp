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

/// An answer whose body comes in pieces of bytes, sent as they are. Any thread
/// may call. Whoever lets go of it without `close` has aborted it.
class raw_stream {
public:
  virtual ~raw_stream() = default;

  /// Queues a piece of the body; one without bytes is none. All that waits
  /// leaves together. A client for which more than `max_queued` bytes would
  /// wait is dropped, as `abort` does, but at once; a piece that nothing waits
  /// before may be of any length.
  virtual void send(std::string_view piece) = 0;

  /// Has *bytes* sent whenever nothing else was for a `heartbeat`, between two
  /// pieces; empty, as it is in the beginning: nothing is. For bodies in which
  /// they mean nothing, such as `": alive\n\n"` where each piece is an event.
  virtual void set_heartbeat(std::string bytes) = 0;

  /// The body is whole: it ends after what is queued, and the client may ask
  /// for something else on the same connection. The first `close` or `abort`
  /// counts.
  virtual void close() = 0;

  /// The body will never be whole: breaks the connection after what is queued,
  /// so that the client sees it.
  virtual void abort() = 0;

  /// Calls *then* once, when the client is gone or the stream has ended, on a
  /// thread of the server, or on this one if that has been already.
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

  /// Answers with the status, the type and the headers of *head*, and a body
  /// that begins with its body and goes on with what is sent to the stream.
  /// Null if it was answered, or if *head* cannot be sent, which the client is
  /// told (500): its status is none of an answer, a header is none, or says how
  /// the body is framed, which the server does. To HEAD, and with a status that
  /// has no body, the head is all that is sent. The route's contract has to say
  /// that it streams.
  virtual std::shared_ptr<raw_stream> stream_raw(http_answer head) = 0;

  /// Calls *then* once, on a thread of the server, when nobody waits for the
  /// answer any more: the client has gone, or was told that it takes too long,
  /// or the server stops. Never, once there is an answer. A client that says
  /// that it will send nothing more counts as gone, for nothing tells one that
  /// reads still from one that does not; it gets the answer if there comes one.
  /// The last *then* counts. It must not hold the responder. Routes of
  /// WebSockets have none of this.
  virtual void on_abandoned(std::function<void()> then) = 0;

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
