#include "tests/gateway/http/socket_under_test.hpp"
#include "tests/support/directory.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>

/// Beast's client, which we did not write, on real sockets.
namespace {

using namespace machine;

namespace asio = boost::asio;
namespace beast = boost::beast;
using tcp = asio::ip::tcp;

/// What every client has to be able to do.
template <class Stream>
void converse(beast::websocket::stream<Stream>& client, uint16_t port) {
  client.set_option(beast::websocket::stream_base::decorator(
    [](beast::websocket::request_type& request) {
      request.set(beast::http::field::sec_websocket_protocol,
                  "themachine.v1.json, themachine.bearer.sesame");
    }));
  beast::websocket::response_type response;
  client.handshake(response, "127.0.0.1:" + std::to_string(port), "/socket");
  CHECK(response[beast::http::field::sec_websocket_protocol]
        == "themachine.v1.json");
  for (auto size : {size_t{0}, size_t{1}, size_t{70'000}, size_t{500'000}}) {
    std::string text(size, 'x');
    client.write(asio::buffer(text));
    beast::flat_buffer buffer;
    client.read(buffer);
    CHECK(beast::buffers_to_string(buffer.data()) == text);
  }
  // Many that come at once.
  for (int i = 0; i < 100; ++i)
    client.write(asio::buffer(std::to_string(i)));
  for (int i = 0; i < 100; ++i) {
    beast::flat_buffer buffer;
    client.read(buffer);
    CHECK(beast::buffers_to_string(buffer.data()) == std::to_string(i));
  }
  client.ping("are you");
  client.write(asio::buffer(std::string{"GET /hello"}));
  beast::flat_buffer buffer;
  client.read(buffer);
  CHECK(beast::buffers_to_string(buffer.data()) == "200 hello");
  beast::error_code code;
  client.close({beast::websocket::close_code::normal, "done"}, code);
  CHECK(!code);
  CHECK(client.reason().code == beast::websocket::close_code::normal);
}

} // namespace

TEST_CASE("Beast's client converses over TCP") {
  test::echo_server it;
  asio::io_context io;
  beast::websocket::stream<tcp::socket> client{io};
  client.next_layer().connect(
    {asio::ip::make_address("127.0.0.1"), it.server.port()});
  converse(client, it.server.port());
}

TEST_CASE("Beast's client converses over TLS") {
  test::temporary_directory dir;
  gateway::tls_files files{dir / "certificate.pem", dir / "key.pem"};
  auto now = std::chrono::time_point_cast<std::chrono::microseconds>(
    std::chrono::system_clock::now());
  REQUIRE(!gateway::ensure_certificate(files, {"127.0.0.1"}, now));
  test::echo_server it{[&](gateway::server_options& x) { x.tls = files; }};
  asio::io_context io;
  asio::ssl::context context{asio::ssl::context::tls_client};
  context.load_verify_file(files.certificate);
  context.set_verify_mode(asio::ssl::verify_peer);
  beast::websocket::stream<asio::ssl::stream<tcp::socket>> client{io, context};
  client.next_layer().next_layer().connect(
    {asio::ip::make_address("127.0.0.1"), it.server.port()});
  client.next_layer().handshake(asio::ssl::stream_base::client);
  converse(client, it.server.port());
}
