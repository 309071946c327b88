#pragma once

#include "gateway/http/shared.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include <array>
#include <optional>

/// Included by the parts of the server alone.
namespace machine::gateway {

/// Reads requests, one after the other, and has each answered by its route.
/// All members but the constructor, `answer_leaves`, `answer_has_left`,
/// `executor` and `post` run on the connection's strand.
class connection final : public closable,
                         public std::enable_shared_from_this<connection> {
public:
  connection(std::shared_ptr<server_shared> shared,
             boost::asio::ip::tcp::socket socket);

  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;

  ~connection() override;

  void read_header();

  /// Answers the request; only the first answer counts.
  void reply(int status, const std::string& type, std::string body,
             bool keep = true);

  /// Answers with a problem and hangs up.
  void refuse(int status, ec code, std::string message);

  /// Hands the connection to a stream of events; false if it was answered, or
  /// if the client wants no more than the header, which it then gets.
  bool begin_stream();

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

  boost::asio::any_io_executor executor() {
    return stream_.get_executor();
  }

  /// Runs *job* on the strand; false if the server has stopped.
  template <class Job>
  bool post(Job job) {
    return shared_->post(executor(), std::move(job));
  }

  const server_options& options() const {
    return shared_->options;
  }

  boost::beast::tcp_stream& stream() {
    return stream_;
  }

  /// Of the request.
  std::string path() const {
    return path_;
  }

private:
  using error_code = boost::beast::error_code;
  using string_response =
    boost::beast::http::response<boost::beast::http::string_body>;

  void on_header(error_code code);
  void read_body();
  void on_body(error_code code);
  void handle();
  bool may_enter(const route& what) const;
  bool knows_host(std::string_view host) const;
  void on_replied(error_code code);

  /// Reads what the client still sends, for a while, so that it gets to read
  /// the answer: data that nobody has read makes the system forget ours.
  void drain();

  std::shared_ptr<server_shared> shared_;
  boost::beast::tcp_stream stream_;
  boost::beast::flat_buffer buffer_;
  boost::asio::steady_timer timer_;
  std::optional<
    boost::beast::http::request_parser<boost::beast::http::string_body>>
    parser_;
  std::optional<string_response> response_;
  route_match match_;
  std::string path_;
  std::string allowed_;
  std::array<char, 4'096> ignored_{};
  size_t drained_ = 0;
  uint64_t request_ = 0;
  unsigned version_ = 11;
  bool has_place_ = true;
  bool keep_alive_ = false;
  bool is_head_ = false;
  bool answered_ = false;
  std::atomic<bool> leaving_{false};
};

/// Serves one connection for as long as it lasts.
void serve_connection(std::shared_ptr<server_shared> shared,
                      boost::asio::ip::tcp::socket socket);

} // namespace machine::gateway
