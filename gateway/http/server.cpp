#include "gateway/http/server.hpp"

#include "gateway/http/connection.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>

#include <exception>
#include <thread>

namespace machine::gateway {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

struct server::impl {
  std::shared_ptr<server_shared> shared = std::make_shared<server_shared>();
  tcp::acceptor acceptor{shared->io};
  std::vector<std::thread> threads;

  asio::steady_timer rest{shared->io};
  bool in_trouble = false;

  void accept() {
    acceptor.async_accept(
      asio::make_strand(shared->io),
      [this](boost::system::error_code code, tcp::socket socket) {
        if (code == asio::error::operation_aborted || shared->has_stopped())
          return;
        if (code) {
          take_a_rest(code);
          return;
        }
        in_trouble = false;
        boost::system::error_code ignored;
        socket.set_option(tcp::no_delay{true}, ignored);
        serve_connection(shared, std::move(socket));
        accept();
      });
  }

  /// Without descriptors, for example, the next try would fail at once.
  void take_a_rest(const boost::system::error_code& why) {
    if (!std::exchange(in_trouble, true))
      shared->options.log.warn("the gateway cannot take connections",
                               {{"why", why.message()}});
    rest.expires_after(std::chrono::milliseconds{100});
    rest.async_wait([this](boost::system::error_code code) {
      if (!code)
        accept();
    });
  }

  void work() {
    for (;;) {
      try {
        shared->io.run();
        return;
      } catch (const std::exception& x) {
        shared->options.log.error("a thread of the gateway failed and goes on",
                                  {{"why", x.what()}});
      }
    }
  }
};

caf::expected<std::unique_ptr<server>> server::listen(server_options options,
                                                      route_table routes) {
  auto what = std::make_unique<impl>();
  auto name = options.address + ":" + std::to_string(options.port);
  auto failed = [&](const boost::system::error_code& code) {
    return make_error(ec::unavailable, "cannot listen on " + name + ": "
                                         + code.message()
                                         + "; choose another gateway.port");
  };
  boost::system::error_code code;
  auto address = asio::ip::make_address(options.address, code);
  if (code)
    return failed(code);
  tcp::endpoint endpoint{address, options.port};
  what->acceptor.open(endpoint.protocol(), code);
  if (code)
    return failed(code);
  what->acceptor.set_option(asio::socket_base::reuse_address{true}, code);
  what->acceptor.bind(endpoint, code);
  if (code)
    return failed(code);
  what->acceptor.listen(asio::socket_base::max_listen_connections, code);
  if (code)
    return failed(code);
  what->shared->port = what->acceptor.local_endpoint().port();
  what->shared->options = std::move(options);
  what->shared->routes = std::move(routes);
  what->accept();
  for (size_t i = 0; i < std::max<size_t>(what->shared->options.threads, 1);
       ++i)
    what->threads.emplace_back([it = what.get()] { it->work(); });
  return std::unique_ptr<server>{new server{std::move(what)}};
}

server::server(std::unique_ptr<impl> what) : impl_(std::move(what)) {}

server::~server() {
  stop();
}

uint16_t server::port() const {
  return impl_->shared->port;
}

void server::stop() {
  constexpr duration patience{500};
  auto& shared = *impl_->shared;
  // The answer to whoever asked for this is one of those that still leave.
  shared.wait_for_leaving(patience);
  shared.refuse_posts();
  shared.io.stop();
  for (auto& thread : impl_->threads)
    if (thread.joinable())
      thread.join();
  // What is under way ends here, so that nothing holds on to the rest. The end
  // of one thing may be the beginning of another.
  boost::system::error_code ignored;
  impl_->acceptor.close(ignored);
  impl_->rest.cancel();
  do {
    for (auto& [name, what] : shared.open())
      if (auto one = what.lock())
        one->close_now();
    shared.io.restart();
  } while (shared.io.poll() > 0);
  shared.routes.clear();
}

} // namespace machine::gateway
