#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>

#include <memory>
#include <utility>

/// Included by the parts of the server alone.
namespace machine::gateway {

/// A connection to a client, with TLS or without. It reads and writes as any
/// stream of Asio does; nothing in it has a deadline.
class transport {
public:
  using executor_type = boost::asio::io_context::executor_type;
  using socket_type =
    boost::asio::basic_stream_socket<boost::asio::ip::tcp, executor_type>;
  using tls_type = boost::asio::ssl::stream<socket_type>;
  using error_code = boost::system::error_code;

  explicit transport(socket_type socket)
      : plain_(std::make_unique<socket_type>(std::move(socket))) {}

  transport(socket_type socket, boost::asio::ssl::context& context)
      : tls_(std::make_unique<tls_type>(std::move(socket), context)) {}

  executor_type get_executor() {
    return socket().get_executor();
  }

  bool is_tls() const {
    return tls_ != nullptr;
  }

  socket_type& socket() {
    return tls_ ? tls_->next_layer() : *plain_;
  }

  tls_type& tls() {
    return *tls_;
  }

  template <class Buffers, class Handler>
  auto async_read_some(const Buffers& to, Handler&& then) {
    return tls_ ? tls_->async_read_some(to, std::forward<Handler>(then))
                : plain_->async_read_some(to, std::forward<Handler>(then));
  }

  template <class Buffers, class Handler>
  auto async_write_some(const Buffers& from, Handler&& then) {
    return tls_ ? tls_->async_write_some(from, std::forward<Handler>(then))
                : plain_->async_write_some(from, std::forward<Handler>(then));
  }

  /// Says that nothing more will come, without waiting for the client.
  void finish_sending() {
    error_code ignored;
    socket().shutdown(boost::asio::ip::tcp::socket::shutdown_send, ignored);
  }

  void close() {
    error_code ignored;
    socket().close(ignored);
  }

private:
  std::unique_ptr<socket_type> plain_;
  std::unique_ptr<tls_type> tls_;
};

} // namespace machine::gateway
