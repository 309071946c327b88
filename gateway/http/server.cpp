#include "gateway/http/server.hpp"

#include "gateway/http/connection.hpp"
#include "gateway/http/tls.hpp"

#include <exception>

namespace machine::gateway {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

struct server::impl {
  using acceptor_type = asio::basic_socket_acceptor<tcp, lane::executor>;

  std::shared_ptr<server_shared> shared = std::make_shared<server_shared>();
  std::unique_ptr<acceptor_type> acceptor;
  std::unique_ptr<asio::steady_timer> rest;
  std::vector<std::thread> threads;
  size_t next = 0;
  bool in_trouble = false;

  lane& home() {
    return *shared->lanes.front();
  }

  /// Connections take turns on the lanes.
  void accept() {
    auto& to = *shared->lanes[next++ % shared->lanes.size()];
    acceptor->async_accept(to.io(), [this, &to](boost::system::error_code code,
                                                transport::socket_type socket) {
      if (code == asio::error::operation_aborted || shared->draining
          || home().has_stopped())
        return;
      if (code) {
        take_a_rest(code);
        return;
      }
      in_trouble = false;
      boost::system::error_code ignored;
      socket.set_option(tcp::no_delay{true}, ignored);
      accept();
      serve_connection(shared, to, std::move(socket));
    });
  }

  /// Without descriptors, for example, the next try would fail at once.
  void take_a_rest(const boost::system::error_code& why) {
    if (!std::exchange(in_trouble, true))
      shared->options.log.warn("the gateway cannot take connections",
                               {{"why", why.message()}});
    rest->expires_after(std::chrono::milliseconds{100});
    rest->async_wait([this](boost::system::error_code code) {
      if (!code)
        accept();
    });
  }

  void work(lane& on) const {
    for (;;) {
      try {
        on.io().run();
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
  auto& shared = *what->shared;
  auto name = options.address + ":" + std::to_string(options.port);
  auto failed = [&](const boost::system::error_code& code) {
    return make_error(ec::unavailable, "cannot listen on " + name + ": "
                                         + code.message()
                                         + "; choose another gateway.port");
  };
  if (!options.door)
    options.door = make_token_doorman("");
  if (options.tls) {
    auto tls = make_tls(*options.tls);
    if (!tls)
      return std::move(tls.error());
    shared.tls.emplace(std::move(*tls));
  }
  for (size_t i = 0; i < std::max<size_t>(options.threads, 1); ++i)
    shared.lanes.push_back(std::make_unique<lane>(options.tick));
  what->acceptor = std::make_unique<impl::acceptor_type>(what->home().io());
  what->rest = std::make_unique<asio::steady_timer>(what->home().io());
  auto& acceptor = *what->acceptor;
  boost::system::error_code code;
  auto address = asio::ip::make_address(options.address, code);
  if (code)
    return failed(code);
  tcp::endpoint endpoint{address, options.port};
  acceptor.open(endpoint.protocol(), code);
  if (code)
    return failed(code);
  acceptor.set_option(asio::socket_base::reuse_address{true}, code);
  acceptor.bind(endpoint, code);
  if (code)
    return failed(code);
  acceptor.listen(asio::socket_base::max_listen_connections, code);
  if (code)
    return failed(code);
  shared.port = acceptor.local_endpoint().port();
  shared.options = std::move(options);
  shared.routes = std::move(routes);
  shared.find = router{shared.routes};
  if (shared.options.numbers) {
    auto numbers = http_numbers::make(*shared.options.numbers, shared.routes);
    if (!numbers)
      return std::move(numbers.error());
    shared.numbers = std::move(*numbers);
  }
  what->accept();
  for (auto& one : shared.lanes)
    what->threads.emplace_back([it = what.get(), &one] { it->work(*one); });
  return std::unique_ptr<server>{new server{std::move(what)}};
}

server::server(std::unique_ptr<impl> what) : impl_(std::move(what)) {}

server::~server() {
  stop();
}

uint16_t server::port() const {
  return impl_->shared->port;
}

void server::drain(duration most) {
  auto& shared = *impl_->shared;
  if (!shared.draining.exchange(true)) {
    impl_->home().post([it = impl_.get()] {
      boost::system::error_code ignored;
      it->acceptor->close(ignored);
      it->rest->cancel();
    });
    for (auto& one : shared.lanes)
      one->post([&one] { one->drain(); });
  }
  shared.wait_for_clients(most);
}

bool server::is_draining() const {
  return impl_->shared->draining;
}

void server::stop() {
  constexpr duration patience{500};
  auto& shared = *impl_->shared;
  // The answer to whoever asked for this is one of those that still leave.
  shared.wait_for_leaving(patience);
  for (auto& one : shared.lanes) {
    one->refuse_posts();
    one->io().stop();
  }
  for (auto& thread : impl_->threads)
    if (thread.joinable())
      thread.join();
  // What is under way ends here, so that nothing holds on to the rest.
  boost::system::error_code ignored;
  impl_->acceptor->close(ignored);
  impl_->rest->cancel();
  for (auto& one : shared.lanes)
    one->close_all();
  shared.find = {};
  shared.numbers = {};
  // The doorman may still find out about somebody, and looks at the rest of a
  // route then.
  for (auto& one : shared.routes)
    one.handle = nullptr;
}

} // namespace machine::gateway
