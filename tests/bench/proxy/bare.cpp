// The limit: a proxy that is nothing but Beast. It parses the JSON that it
// hands on in both ways. Prints its port, and serves until its input ends.
//
// Usage: bench_proxy_bare PORT THREADS

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include <nlohmann/json.hpp>

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

/// A client, and the connection to the provider that is kept for it.
class session : public std::enable_shared_from_this<session> {
public:
  session(asio::io_context& io, tcp::socket socket, uint16_t upstream)
      : client_(std::move(socket)), provider_(io),
        where_(asio::ip::make_address("127.0.0.1"), upstream) {}

  void begin() {
    provider_.async_connect(
      where_, [me = shared_from_this()](beast::error_code code) {
        if (code)
          return;
        me->provider_.socket().set_option(tcp::no_delay{true});
        me->read();
      });
  }

private:
  template <class Then>
  auto then(Then what) {
    return [me = shared_from_this(), what](beast::error_code code, size_t) {
      if (!code)
        ((*me).*what)();
    };
  }

  void read() {
    asked_.emplace();
    http::async_read(client_, from_client_, *asked_, then(&session::hand_on));
  }

  void hand_on() {
    auto body = nlohmann::json::parse(asked_->get().body(), nullptr, false);
    request_.emplace(http::verb::post, "/v1/chat/completions", 11);
    request_->set(http::field::host, "127.0.0.1");
    request_->set(http::field::content_type, "application/json");
    request_->body() = body.dump();
    request_->prepare_payload();
    http::async_write(provider_, *request_, then(&session::wait));
  }

  void wait() {
    answered_.emplace();
    http::async_read(provider_, from_provider_, *answered_,
                     then(&session::hand_back));
  }

  void hand_back() {
    auto body = nlohmann::json::parse(answered_->get().body(), nullptr, false);
    response_.emplace(http::status::ok, 11);
    response_->set(http::field::content_type, "application/json");
    response_->body() = body.dump();
    response_->prepare_payload();
    http::async_write(client_, *response_, then(&session::read));
  }

  beast::tcp_stream client_;
  beast::tcp_stream provider_;
  const tcp::endpoint where_;
  beast::flat_buffer from_client_;
  beast::flat_buffer from_provider_;
  std::optional<http::request_parser<http::string_body>> asked_;
  std::optional<http::request<http::string_body>> request_;
  std::optional<http::response_parser<http::string_body>> answered_;
  std::optional<http::response<http::string_body>> response_;
};

/// A thread with connections of its own; the kernel shares them out.
class worker {
public:
  worker(uint16_t port, uint16_t upstream) : upstream_(upstream) {
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
        std::make_shared<session>(io_, std::move(socket), upstream_)->begin();
      }
      accept();
    });
  }

  asio::io_context io_{1};
  tcp::acceptor acceptor_{io_};
  const uint16_t upstream_;
};

} // namespace

int main(int argc, char** argv) {
  if (argc != 3)
    return 2;
  auto upstream = static_cast<uint16_t>(std::strtoul(argv[1], nullptr, 10));
  auto count = std::strtoul(argv[2], nullptr, 10);
  std::vector<std::unique_ptr<worker>> workers;
  workers.push_back(std::make_unique<worker>(0, upstream));
  while (workers.size() < count)
    workers.push_back(std::make_unique<worker>(workers[0]->port(), upstream));
  for (auto& x : workers)
    std::thread{[&x] { x->run(); }}.detach();
  std::printf("%u\n", static_cast<unsigned>(workers[0]->port()));
  std::fflush(stdout);
  std::cin.get();
  std::_Exit(0);
}
