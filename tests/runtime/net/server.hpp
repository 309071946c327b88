#pragma once

#include "tests/runtime/net/gate.hpp"

#include <openssl/ssl.h>

#include <algorithm>
#include <csignal>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace machine::test {

/// A socket on a free port of 127.0.0.1.
inline int bind_any_port() {
  auto fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
    throw std::system_error{errno, std::generic_category(), "bind"};
  return fd;
}

inline uint16_t port_of(int fd) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.sin_port);
}

/// A connection as the server sees it.
class connection {
public:
  connection(int fd, size_t number, SSL_CTX* tls) : fd_(fd), number_(number) {
    if (tls != nullptr) {
      tls_ = SSL_new(tls);
      SSL_set_fd(tls_, fd);
      good_ = SSL_accept(tls_) == 1;
    }
  }

  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;

  ~connection() {
    SSL_free(tls_);
  }

  /// How many came before.
  size_t number() const {
    return number_;
  }

  /// Up to *most* bytes; empty at the end.
  std::string read(size_t most) {
    std::string part(most, '\0');
    auto got = !good_ ? 0
             : tls_   ? SSL_read(tls_, part.data(), static_cast<int>(most))
                      : ::recv(fd_, part.data(), most, 0);
    part.resize(static_cast<size_t>(std::max<ssize_t>(got, 0)));
    return part;
  }

  /// Head and body; none at the end.
  std::optional<std::string> read_request() {
    constexpr std::string_view length = "Content-Length: ";
    for (;;) {
      auto end = buffer_.find("\r\n\r\n");
      if (end != std::string::npos) {
        auto size = end + 4;
        if (auto at = buffer_.find(length); at < end)
          size += std::stoul(buffer_.substr(at + length.size()));
        if (buffer_.size() >= size) {
          auto result = buffer_.substr(0, size);
          buffer_.erase(0, size);
          return result;
        }
      }
      auto part = read(65'536);
      if (part.empty())
        return std::nullopt;
      buffer_ += part;
    }
  }

  void write(std::string_view x) {
    while (good_ && !x.empty()) {
      auto sent = tls_ ? SSL_write(tls_, x.data(), static_cast<int>(x.size()))
                       : ::send(fd_, x.data(), x.size(), MSG_NOSIGNAL);
      good_ = sent > 0;
      x.remove_prefix(good_ ? static_cast<size_t>(sent) : 0);
    }
  }

  void answer(std::string_view body, std::string_view headers = "") {
    write("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size())
          + "\r\n" + std::string{headers} + "\r\n" + std::string{body});
  }

  void begin_stream() {
    write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
  }

  void chunk(std::string_view x) {
    std::array<char, 16> size{};
    std::snprintf(size.data(), size.size(), "%zx\r\n", x.size());
    write(size.data() + std::string{x} + "\r\n");
  }

  /// Whether the client closes within so many milliseconds; -1: ever.
  bool closed_within(int ms) {
    pollfd what{fd_, POLLRDHUP, 0};
    return ::poll(&what, 1, ms) > 0;
  }

  /// What follows is no orderly end.
  void reset() {
    linger now{1, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  }

private:
  int fd_;
  size_t number_;
  SSL* tls_ = nullptr;
  bool good_ = true;
  std::string buffer_;
};

/// Does with every connection what a test says, on a thread each.
class server {
public:
  using script = std::function<void(connection&)>;

  explicit server(script what, SSL_CTX* tls = nullptr)
      : script_(std::move(what)), tls_(tls) {
    // OpenSSL writes to a client that has hung up as to any other.
    std::signal(SIGPIPE, SIG_IGN);
    auto small = 65'536;
    ::setsockopt(listener_, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    ::listen(listener_, 128);
    acceptor_ = std::thread{[this] { accept(); }};
  }

  server(const server&) = delete;
  server& operator=(const server&) = delete;

  ~server() {
    ::shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    {
      std::lock_guard guard{mutex_};
      for (auto& x : peers_)
        if (x.fd >= 0)
          ::shutdown(x.fd, SHUT_RDWR);
    }
    for (auto& x : peers_)
      x.thread.join();
    ::close(listener_);
  }

  std::string url(const std::string& path = "/") const {
    return "http://127.0.0.1:" + std::to_string(port()) + path;
  }

  uint16_t port() const {
    return port_of(listener_);
  }

  size_t connections() const {
    std::lock_guard guard{mutex_};
    return peers_.size();
  }

private:
  struct peer {
    int fd;
    std::thread thread;
  };

  void accept() {
    for (;;) {
      auto fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (fd < 0)
        return;
      std::lock_guard guard{mutex_};
      auto number = peers_.size();
      auto& added = peers_.emplace_back(peer{fd, {}});
      added.thread = std::thread{[this, &added, fd, number] {
        {
          connection here{fd, number, tls_};
          script_(here);
        }
        std::lock_guard inner{mutex_};
        ::close(fd);
        added.fd = -1;
      }};
    }
  }

  const script script_;
  SSL_CTX* tls_;
  int listener_ = bind_any_port();
  mutable std::mutex mutex_;
  std::list<peer> peers_;
  std::thread acceptor_;
};

} // namespace machine::test
