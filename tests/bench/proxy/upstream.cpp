// The provider: answers every request with the same words, as a stream or as a
// whole, as it is asked. Prints its port, and serves until its input ends.

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include <cstdio>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <thread>

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using tcp = asio::ip::tcp;

const std::string usage =
  R"("usage":{"prompt_tokens":20,"completion_tokens":10,"total_tokens":30})";

std::string chunk(const std::string& choices, const std::string& more = "") {
  return R"(data: {"id":"c-1","object":"chat.completion.chunk","created":1,)"
         R"("model":"m","choices":[)"
       + choices + "]" + more + "}\n\n";
}

std::string stream() {
  std::string text;
  for (auto* word : {"Hello", "!", " How", " can", " I", " help", "?"})
    text += chunk(R"({"index":0,"delta":{"content":")" + std::string{word}
                  + R"("},"finish_reason":null})");
  return text + chunk(R"({"index":0,"delta":{},"finish_reason":"stop"})")
       + chunk("", "," + usage) + "data: [DONE]\n\n";
}

std::string whole() {
  return R"({"id":"c-1","object":"chat.completion","created":1,"model":"m",)"
         R"("choices":[{"index":0,"message":{"role":"assistant",)"
         R"("content":"Hello! How can I help?"},"finish_reason":"stop"}],)"
       + usage + "}";
}

class session : public std::enable_shared_from_this<session> {
public:
  explicit session(tcp::socket socket) : stream_(std::move(socket)) {}

  void read() {
    parser_.emplace();
    http::async_read(stream_, buffer_, *parser_,
                     [me = shared_from_this()](beast::error_code code, size_t) {
                       if (!code)
                         me->write();
                     });
  }

private:
  void write() {
    static const auto in_pieces = stream();
    static const auto at_once = whole();
    auto streams =
      parser_->get().body().find(R"("stream":true)") != std::string::npos;
    response_.emplace(http::status::ok, 11);
    response_->set(http::field::content_type,
                   streams ? "text/event-stream" : "application/json");
    response_->keep_alive(parser_->get().keep_alive());
    response_->body() = streams ? in_pieces : at_once;
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
};

void accept(tcp::acceptor& from) {
  from.async_accept([&from](beast::error_code code, tcp::socket socket) {
    if (!code) {
      socket.set_option(tcp::no_delay{true});
      std::make_shared<session>(std::move(socket))->read();
    }
    accept(from);
  });
}

} // namespace

int main() {
  asio::io_context io{1};
  tcp::acceptor acceptor{io, {asio::ip::make_address("127.0.0.1"), 0}};
  accept(acceptor);
  std::thread{[&io] { io.run(); }}.detach();
  std::printf("%u\n", static_cast<unsigned>(acceptor.local_endpoint().port()));
  std::fflush(stdout);
  std::cin.get();
  std::_Exit(0);
}
