#pragma once

#include "gateway/http/head.hpp"
#include "gateway/http/request_trace.hpp"
#include "gateway/http/shared.hpp"
#include "gateway/http/transport.hpp"
#include "gateway/websocket/handshake.hpp"

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include <array>
#include <optional>

/// Included by the parts of the server alone.
namespace machine::gateway {

/// What a connection is used for once a request was answered by a stream. All
/// of it runs on the connection's lane.
class occupant {
public:
  virtual ~occupant() = default;

  virtual void on_tick(steady_time now) = 0;

  /// See `lane::flush_later`.
  virtual void on_flush() {}

  /// The client may still be here; a while has passed since this was asked.
  virtual void on_checked() {}

  /// The client may not be here any more; *why* is a sentence.
  virtual void on_refused(const std::string& why) = 0;

  /// The server is about to end.
  virtual void on_drain() = 0;

  /// What was read ahead is in the connection's buffer; nothing more will be.
  virtual void on_read_ahead() {}

  /// Whether the client was given all, which only has to leave. That it says
  /// that it will send nothing more is no end then.
  virtual bool is_complete() const {
    return false;
  }

  /// The connection is gone.
  virtual void on_gone() = 0;
};

/// Reads requests, one after the other, and has each answered by its route.
/// All members but `answer_leaves`, `answer_has_left` and `on` run on the
/// connection's lane.
///
/// While a request is answered by a stream, or by somebody who wants to know
/// that the client has gone, it reads ahead. TCP cannot say whether a client
/// that sends nothing more reads still; as with most servers, it is taken for
/// gone: a stream ends, and whoever works on an answer is told. Should they
/// answer all the same, the answer is sent. What is read ahead are the next
/// requests; once they are `max_unread` bytes nothing more is read before its
/// turn has come, and the client's end is noticed by writing alone.
class connection final : public passenger,
                         public std::enable_shared_from_this<connection> {
public:
  connection(std::shared_ptr<server_shared> shared, lane& home,
             transport::socket_type socket, std::string address,
             std::string counted);

  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;

  ~connection() override;

  void begin();

  /// Answers the request; only the first answer counts.
  void reply(http_answer what, bool keep = true);

  /// Answers with a problem and hangs up.
  void refuse(int status, ec code, std::string message);

  /// Hands the connection to a stream; false if it was answered, or if the
  /// client wants no more than the header, which it then gets.
  bool begin_stream(const std::shared_ptr<occupant>& whom);

  /// Hands the connection to a stream after which it goes on; false if it was
  /// answered, or if the route is none that streams, which the client is told.
  bool begin_raw(const std::shared_ptr<occupant>& whom);

  /// Takes the connection back from such a stream, whose last byte has left.
  void finish_raw(bool keep);

  /// Counts and traces a stream that is over.
  void note_raw(int status, std::string_view problem, uint64_t bytes) const;

  /// Calls *then* if the request *serial* comes to have nobody who waits for
  /// its answer.
  void on_abandoned(uint64_t serial, std::function<void()> then);

  /// Hands the connection to a WebSocket; none if it was answered, or if the
  /// client does not ask for one as it should, which it is told then.
  std::optional<websocket::accepted>
  begin_socket(const std::shared_ptr<occupant>& whom,
               const std::vector<std::string>& protocols);

  void on_tick(steady_time now) override;

  void on_flush() override;

  void on_drain() override;

  void close_now() override;

  /// Closes, and makes place for another. Somebody may hold a connection long
  /// after its end.
  void hang_up();

  /// An answer is on its way; the server waits for it when it stops.
  void answer_leaves();

  /// It has left, or never will.
  void answer_has_left();

  bool is_answered() const {
    return answered_;
  }

  /// The number of the request under way, on this connection.
  uint64_t serial() const {
    return serial_;
  }

  /// Of HTTP, as the client speaks it: 10 or 11.
  unsigned version() const {
    return version_;
  }

  bool is_head() const {
    return is_head_;
  }

  /// Whether another request may come after the one under way.
  bool keeps_alive() const {
    return keep_alive_ && !shared_->draining;
  }

  lane& on() {
    return home_;
  }

  const server_options& options() const {
    return shared_->options;
  }

  transport& stream() {
    return stream_;
  }

  /// Whether a read is under way that ends in `on_read_ahead`.
  bool looks_ahead() const {
    return looks_ahead_;
  }

  /// What the client has sent beyond its request.
  boost::beast::flat_buffer& buffer() {
    return buffer_;
  }

  const std::shared_ptr<server_shared>& shared() const {
    return shared_;
  }

  /// The request of a client that stays, without its body.
  const http_request& head() const {
    return head_;
  }

  using header_sink =
    std::function<void(std::string_view name, std::string_view value)>;

  /// Tells *to* the headers that every answer to the request under way has.
  void say_common_headers(const header_sink& to) const;

  /// The operation that answering the request under way is.
  const trace_context& trace() const {
    return trace_.self;
  }

  /// Of the request.
  const std::string& path() const {
    return path_;
  }

private:
  using error_code = boost::system::error_code;
  using string_response =
    boost::beast::http::response<boost::beast::http::string_body>;

  /// What the client is waited for, or waits for.
  enum class phase : uint8_t {
    handshake,
    idle,
    header,
    entry,
    body,
    answer,
    writing,
    draining,
    streaming,
    socket,
  };

  void enter(phase what, duration most);
  void shake_hands();
  void wait_for_request();
  void read_header();

  /// Reads until there is the header, or the whole request.
  void parse();
  void read_more();
  void on_more(error_code code, size_t count);
  void on_parsed(error_code code);

  void look_ahead();
  void on_ahead(error_code code, size_t count);
  void on_end_ahead();
  void on_lost();
  void tell_abandoned();

  void on_header(error_code code);
  bool find_route();
  bool answer_preflight();
  bool read_socket_head();
  void on_admitted(admission what);
  void read_body();
  void on_body(error_code code);
  void handle();
  void occupy(const std::shared_ptr<occupant>& whom, phase as);
  void check_again(steady_time now);
  void on_checked_again(const admission& what);
  bool knows_host(std::string_view host) const;
  bool knows_origin(std::string_view origin) const;
  bool is_own_origin(std::string_view origin) const;
  void begin_trace();
  void count(int status) const;
  void end_trace(int status, std::string_view problem) const;
  void write();
  void on_replied(error_code code);

  /// Says that nothing more will come, and hangs up when that has arrived.
  void say_goodbye();

  /// Reads what the client still sends, for a while, so that it gets to read
  /// the answer: data that nobody has read makes the system forget ours.
  void drain();

  std::shared_ptr<server_shared> shared_;
  lane& home_;
  transport stream_;
  boost::beast::flat_buffer buffer_{max_unread};
  std::optional<request_parser> parser_;
  std::optional<string_response> response_;
  std::optional<
    boost::beast::http::response_serializer<boost::beast::http::string_body>>
    serializer_;
  std::shared_ptr<occupant> occupant_;
  route_match match_;
  request_trace trace_;
  http_request head_;
  /// Until a client that stays is looked at again.
  steady_time check_at_ = never;
  std::vector<std::pair<std::string, std::string>> extra_;
  std::string address_;
  /// Under which name its address is counted; empty: it is not.
  std::string counted_;
  std::string path_;
  std::string id_;
  std::string known_tags_;
  std::string allowed_;
  std::string origin_;
  /// What is read while a request is answered, or after the last one.
  std::array<char, 4'096> ahead_{};
  /// Of the handler that works on the request.
  std::function<void()> abandoned_;
  uint64_t serial_ = 0;
  steady_time deadline_ = never;
  steady_time begun_at_;
  size_t drained_ = 0;
  unsigned version_ = 11;
  phase phase_ = phase::idle;
  bool open_ = true;
  bool keep_alive_ = false;
  /// After a refusal.
  bool can_go_on_ = false;
  bool is_head_ = false;
  bool answered_ = true;
  /// A read of `ahead_` is under way, and no other may be.
  bool looks_ahead_ = false;
  /// The client has said that it sends nothing more.
  bool at_end_ = false;
  /// Nothing that is read ahead is a request.
  bool is_last_ = false;
  std::atomic<bool> leaving_{false};
};

/// Serves one connection for as long as it lasts.
void serve_connection(const std::shared_ptr<server_shared>& shared, lane& on,
                      transport::socket_type socket);

} // namespace machine::gateway
