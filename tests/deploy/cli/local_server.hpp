#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace machine::test {

/// A request as the server got it.
struct received {
  std::string method;
  std::string target;
  std::string headers;
  std::string body;

  bool has(std::string_view header_line) const {
    return headers.find(header_line) != std::string::npos;
  }
};

/// A server on a free port of the loopback: an answer for each request, in the
/// order in which they come; the connection is closed after it. An answer is
/// the whole text of HTTP, so that a test can break it off wherever it likes.
class local_server {
public:
  using answer = std::function<std::string(const received&)>;

  explicit local_server(answer how) : how_(std::move(how)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0
        || ::listen(listener_, 16) != 0)
      throw std::system_error{errno, std::generic_category(), "listening"};
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread{[this] { serve(); }};
  }

  local_server(const local_server&) = delete;
  local_server& operator=(const local_server&) = delete;

  ~local_server() {
    stopping_ = true;
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
  }

  std::string url() const {
    return "http://127.0.0.1:" + std::to_string(port_);
  }

  std::vector<received> requests() const {
    std::lock_guard guard{mutex_};
    return requests_;
  }

  /// An answer with a length.
  static std::string reply(int status, const std::string& type,
                           const std::string& body) {
    return "HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Type: " + type
         + "\r\nContent-Length: " + std::to_string(body.size())
         + "\r\nConnection: close\r\n\r\n" + body;
  }

  static std::string json(const std::string& body, int status = 200) {
    return reply(status, "application/json", body);
  }

  /// A stream that ends properly.
  static std::string stream(const std::string& events) {
    return reply(200, "text/event-stream", events);
  }

  /// A stream that breaks off in the middle.
  static std::string broken_stream(const std::string& events) {
    return "HTTP/1.1 200 X\r\nContent-Type: text/event-stream\r\n"
           "Content-Length: "
         + std::to_string(events.size() + 1000) + "\r\n\r\n" + events;
  }

private:
  void serve() {
    while (!stopping_) {
      auto peer = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (peer < 0)
        continue;
      auto what = read_request(peer);
      std::string text;
      {
        std::lock_guard guard{mutex_};
        requests_.push_back(what);
      }
      text = how_(what);
      std::string_view rest{text};
      while (!rest.empty()) {
        auto count = ::send(peer, rest.data(), rest.size(), MSG_NOSIGNAL);
        if (count <= 0)
          break;
        rest.remove_prefix(static_cast<size_t>(count));
      }
      ::close(peer);
    }
  }

  static received read_request(int peer) {
    std::string text;
    received result;
    auto more = [&] {
      char buffer[4096];
      auto count = ::recv(peer, buffer, sizeof(buffer), 0);
      if (count > 0)
        text.append(buffer, static_cast<size_t>(count));
      return count > 0;
    };
    while (text.find("\r\n\r\n") == std::string::npos && more()) {
    }
    auto head = text.find("\r\n\r\n");
    if (head == std::string::npos)
      return result;
    result.method = text.substr(0, text.find(' '));
    auto begin = result.method.size() + 1;
    result.target = text.substr(begin, text.find(' ', begin) - begin);
    result.headers = text.substr(0, head + 2);
    size_t length = 0;
    if (auto at = result.headers.find("Content-Length: ");
        at != std::string::npos)
      length = std::stoul(result.headers.substr(at + 16));
    while (text.size() < head + 4 + length && more()) {
    }
    result.body = text.substr(head + 4);
    return result;
  }

  answer how_;
  int listener_ = -1;
  int port_ = 0;
  mutable std::mutex mutex_;
  std::vector<received> requests_;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

} // namespace machine::test
