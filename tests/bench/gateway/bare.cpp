// The limit: a server that is nothing but Beast, and answers every request with
// the same bytes. Prints its port, and serves until its input ends.

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using tcp = asio::ip::tcp;

class session : public std::enable_shared_from_this<session> {
public:
  session(tcp::socket socket, const std::string& body)
      : stream_(std::move(socket)), body_(body) {}

  void read() {
    parser_.emplace();
    stream_.expires_after(std::chrono::seconds{30});
    http::async_read(stream_, buffer_, *parser_,
                     [me = shared_from_this()](beast::error_code code, size_t) {
                       if (!code)
                         me->write();
                     });
  }

private:
  void write() {
    response_.emplace(http::status::ok, 11);
    response_->set(http::field::server, "bare");
    response_->set(http::field::content_type, "application/json");
    response_->keep_alive(parser_->get().keep_alive());
    response_->body() = body_;
    response_->prepare_payload();
    http::async_write(
      stream_, *response_,
      [me = shared_from_this()](beast::error_code code, size_t) {
        if (!code)
          me->read();
      });
  }

  beast::tcp_stream stream_;
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  std::optional<http::response<http::string_body>> response_;
  const std::string& body_;
};

/// A thread with connections of its own; the kernel shares them out.
class worker {
public:
  worker(uint16_t port, const std::string& body) : acceptor_(io_), body_(body) {
    tcp::endpoint where{asio::ip::make_address("127.0.0.1"), port};
    using reuse_port =
      asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;
    acceptor_.open(where.protocol());
    acceptor_.set_option(reuse_port{true});
    acceptor_.bind(where);
    acceptor_.listen();
  }

  uint16_t port() const {
    return acceptor_.local_endpoint().port();
  }

  void run() {
    accept();
    io_.run();
  }

private:
  void accept() {
    acceptor_.async_accept([this](beast::error_code code, tcp::socket socket) {
      if (!code) {
        socket.set_option(tcp::no_delay{true});
        std::make_shared<session>(std::move(socket), body_)->read();
      }
      accept();
    });
  }

  asio::io_context io_{1};
  tcp::acceptor acceptor_;
  const std::string& body_;
};

} // namespace

/// Usage: bench_gateway_bare BYTES THREADS
int main(int argc, char** argv) {
  if (argc != 3)
    return 2;
  std::string body(std::strtoul(argv[1], nullptr, 10), 'x');
  auto count = std::strtoul(argv[2], nullptr, 10);
  std::vector<std::unique_ptr<worker>> workers;
  workers.push_back(std::make_unique<worker>(0, body));
  while (workers.size() < count)
    workers.push_back(std::make_unique<worker>(workers[0]->port(), body));
  for (auto& x : workers)
    std::thread{[&x] { x->run(); }}.detach();
  std::printf("%u\n", static_cast<unsigned>(workers[0]->port()));
  std::fflush(stdout);
  std::cin.get();
  std::_Exit(0);
}
