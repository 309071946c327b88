#pragma once

#include "gateway/websocket/handshake.hpp"
#include "gateway/websocket/reader.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/_experimental/test/stream.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>

#include <catch2/catch.hpp>

/// A client that we did not write, Beast's, before a server of our parts. Both
/// are in one thread, and memory lies between them.
namespace machine::test {

namespace beast = boost::beast;

/// Echoes messages, answers pings, closes as it should.
class echo_server {
public:
  explicit echo_server(boost::asio::io_context& io,
                       websocket::reader_limits limits)
      : stream_(io), reader_(limits) {}

  beast::test::stream& stream() {
    return stream_;
  }

  /// Answers all that has come, in one write.
  /// @returns whether anything had.
  bool answer() {
    std::string came{stream_.str()};
    stream_.clear();
    if (came.empty())
      return false;
    if (is_open_)
      read(came);
    else
      shake_hands(came);
    return true;
  }

  /// Sends *frames* as they are.
  void send(const std::string& frames) {
    boost::asio::write(stream_, boost::asio::buffer(frames));
  }

  /// What came from the client.
  const std::vector<websocket::event>& seen() const {
    return seen_;
  }

private:
  void shake_hands(const std::string& text) {
    beast::http::request_parser<beast::http::empty_body> parser;
    beast::error_code code;
    parser.put(boost::asio::buffer(text), code);
    REQUIRE(!code);
    auto& head = parser.get();
    auto headers = [&head](std::string_view name) {
      std::vector<std::string_view> result;
      auto [first, last] = head.equal_range(name);
      for (; first != last; ++first)
        result.push_back(first->value());
      return result;
    };
    auto answer =
      websocket::check_upgrade({head.method_string(), head.version(), headers},
                               {"themachine.v1.json", "themachine.v1.msgpack"});
    auto yes = std::get_if<websocket::accepted>(&answer);
    REQUIRE(yes != nullptr);
    std::string response = "HTTP/1.1 101 Switching Protocols\r\n";
    for (auto& [name, value] : yes->headers)
      response += name + ": " + value + "\r\n";
    send(response + "\r\n");
    is_open_ = true;
  }

  void read(std::string_view bytes) {
    std::string out;
    for (;;) {
      auto [taken, found] = reader_.read(bytes);
      if (!found)
        break;
      bytes.remove_prefix(taken);
      append_answer(out, *found);
      seen_.push_back(std::move(*found));
    }
    send(out);
  }

  static void append_answer(std::string& to, const websocket::event& what) {
    using namespace websocket;
    if (auto x = std::get_if<message>(&what))
      append_frame(to, x->kind, x->payload);
    else if (auto y = std::get_if<ping_frame>(&what))
      append_frame(to, opcode::pong, y->payload);
    else if (auto z = std::get_if<close_frame>(&what))
      to += encode_close(z->code);
    else if (auto why = std::get_if<failure>(&what))
      to += encode_close(why->code, why->reason);
  }

  beast::test::stream stream_;
  websocket::reader reader_;
  bool is_open_ = false;
  std::vector<websocket::event> seen_;
};

/// Beast's client with such a server.
struct pair_under_test {
  explicit pair_under_test(websocket::reader_limits limits = {})
      : server(io, limits), client(io) {
    client.next_layer().connect(server.stream());
  }

  /// Has *begin* start something of the client, with the handler that it gets,
  /// and lets both ends work until that is done.
  template <class Begin>
  beast::error_code finish(Begin begin) {
    std::optional<beast::error_code> result;
    begin([&result](beast::error_code code, auto...) { result = code; });
    for (;;) {
      io.restart();
      auto moved = io.poll() > 0;
      moved = server.answer() || moved;
      if (result)
        return *result;
      if (!moved)
        FAIL("both ends wait for each other");
    }
  }

  void connect() {
    beast::websocket::response_type response;
    REQUIRE(!finish([&](auto then) {
      client.async_handshake(response, "localhost", "/", then);
    }));
    protocol = response[beast::http::field::sec_websocket_protocol];
  }

  beast::error_code write(const std::string& text) {
    return finish(
      [&](auto then) { client.async_write(boost::asio::buffer(text), then); });
  }

  beast::error_code read() {
    received.clear();
    beast::flat_buffer buffer;
    auto code = finish([&](auto then) { client.async_read(buffer, then); });
    received = beast::buffers_to_string(buffer.data());
    return code;
  }

  boost::asio::io_context io;
  echo_server server;
  beast::websocket::stream<beast::test::stream> client;
  std::string protocol;
  std::string received;
};

} // namespace machine::test
