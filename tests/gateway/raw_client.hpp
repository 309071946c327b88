#pragma once

#include <catch2/catch.hpp>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace machine::test {

/// An answer as it came.
struct raw_answer {
  int status = 0;
  /// Names in lower case.
  std::map<std::string, std::string> headers;
  std::string body;

  std::string header(const std::string& name) const {
    auto i = headers.find(name);
    return i == headers.end() ? "" : i->second;
  }

  bool is_problem() const {
    return header("content-type") == "application/problem+json"
        && body.find("\"status\":" + std::to_string(status) + ",")
             != std::string::npos
        && body.find("\"type\":") != std::string::npos
        && body.find("\"title\":") != std::string::npos
        && body.find("\"detail\":") != std::string::npos;
  }
};

/// An event of a stream as it came.
struct raw_event {
  std::string id;
  std::string name;
  std::string data;
};

/// A client that sends whatever bytes a test likes. All that it waits for comes
/// within twenty seconds, or the test fails.
class raw_client {
public:
  /// @param window Of what it reads, in bytes; 0: the system's.
  explicit raw_client(uint16_t port, int window = 0) {
    fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (window > 0)
      ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &window, sizeof window);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ =
      ::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address)
      == 0;
  }

  raw_client(raw_client&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)), connected_(other.connected_),
        buffer_(std::move(other.buffer_)) {}

  raw_client(const raw_client&) = delete;
  raw_client& operator=(const raw_client&) = delete;

  ~raw_client() {
    leave();
  }

  bool connected() const {
    return connected_;
  }

  /// False if the server has hung up.
  bool send(std::string_view what) {
    while (!what.empty()) {
      auto n = ::send(fd_, what.data(), what.size(), MSG_NOSIGNAL);
      if (n <= 0)
        return false;
      what.remove_prefix(static_cast<size_t>(n));
    }
    return true;
  }

  /// Says that nothing more will come.
  void finish_sending() {
    ::shutdown(fd_, SHUT_WR);
  }

  void leave() {
    if (fd_ >= 0)
      ::close(std::exchange(fd_, -1));
  }

  /// Leaves in no orderly way.
  void reset() {
    linger at_once{1, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    leave();
  }

  /// The next answer, without a body if it is one to HEAD; none at the end.
  std::optional<raw_answer> try_read(bool to_head = false) {
    auto head = read_until("\r\n\r\n");
    if (!head)
      return std::nullopt;
    raw_answer result;
    if (!head->starts_with("HTTP/1.1 "))
      FAIL("this is no head of an answer: " << *head);
    result.status = std::stoi(head->substr(9, 3));
    auto first = std::min(head->find("\r\n"), head->size());
    for (auto at = first + 2; at < head->size();) {
      auto end = std::min(head->find("\r\n", at), head->size());
      auto line = head->substr(at, end - at);
      auto colon = line.find(": ");
      if (colon == std::string::npos)
        FAIL("this is no header: " << line);
      auto name = line.substr(0, colon);
      std::transform(name.begin(), name.end(), name.begin(), ::tolower);
      result.headers[name] = line.substr(colon + 2);
      at = end + 2;
    }
    auto size = result.header("content-length");
    if (!to_head && !size.empty())
      result.body = read_bytes(std::stoul(size));
    return result;
  }

  raw_answer read(bool to_head = false) {
    auto result = try_read(to_head);
    if (!result)
      FAIL("the server hung up instead of answering");
    return std::move(*result);
  }

  /// The next event of a stream, comments left out; none at its end.
  std::optional<raw_event> next_event() {
    for (auto end = clock::now() + patience;;) {
      auto frame = read_until("\n\n");
      if (!frame)
        return std::nullopt;
      raw_event result;
      auto any = false;
      auto first = true;
      for (size_t at = 0; at <= frame->size();) {
        auto end = std::min(frame->find('\n', at), frame->size());
        auto line = frame->substr(at, end - at);
        at = end + 1;
        if (line.starts_with(":"))
          continue;
        any = true;
        if (line.starts_with("id: "))
          result.id = line.substr(4);
        else if (line.starts_with("event: "))
          result.name = line.substr(7);
        else if (line.starts_with("data: "))
          result.data +=
            (std::exchange(first, false) ? "" : "\n") + line.substr(6);
        else
          FAIL("this is no line of an event: " << line);
      }
      if (any)
        return result;
      // Signs of life come for as long as one listens.
      if (clock::now() > end)
        FAIL("there is no event");
    }
  }

  /// Reads until *what* has come, and returns what was before it; none if the
  /// server hangs up first.
  std::optional<std::string> read_until(std::string_view what) {
    for (size_t from = 0;;) {
      auto at = buffer_.find(what, from);
      if (at != std::string::npos) {
        auto result = buffer_.substr(0, at);
        buffer_.erase(0, at + what.size());
        return result;
      }
      from = buffer_.size() - std::min(buffer_.size(), what.size() - 1);
      if (!read_more())
        return std::nullopt;
    }
  }

  /// Everything until the server hangs up.
  std::string read_all() {
    for (auto end = clock::now() + patience; read_more();)
      if (clock::now() > end)
        FAIL("the server does not hang up");
    return std::exchange(buffer_, {});
  }

  /// The next chunk of a body, empty at the body's end; none if the server
  /// hangs up before.
  std::optional<std::string> read_chunk() {
    auto line = read_until("\r\n");
    if (!line)
      return std::nullopt;
    auto size = std::stoul(*line, nullptr, 16);
    while (buffer_.size() < size + 2)
      if (!read_more())
        return std::nullopt;
    auto result = read_bytes(size);
    if (read_bytes(2) != "\r\n")
      FAIL("a chunk is longer than it says");
    return result;
  }

  /// The rest of a body in chunks; none if the server hangs up before its end.
  std::optional<std::string> read_chunks() {
    std::string result;
    for (;;) {
      auto chunk = read_chunk();
      if (!chunk || chunk->empty())
        return chunk ? std::optional{result} : std::nullopt;
      result += *chunk;
    }
  }

  /// Whether the server has hung up in no orderly way.
  bool was_reset() const {
    return was_reset_;
  }

  std::string read_bytes(size_t count) {
    while (buffer_.size() < count)
      if (!read_more())
        FAIL("the server hung up in the middle of a body");
    auto result = buffer_.substr(0, count);
    buffer_.erase(0, count);
    return result;
  }

private:
  using clock = std::chrono::steady_clock;

  static constexpr std::chrono::seconds patience{60};

  /// False at the end, be it an orderly one or not.
  bool read_more() {
    pollfd what{fd_, POLLIN, 0};
    if (::poll(&what, 1, 20'000) <= 0)
      FAIL("the server is silent");
    std::array<char, 65'536> part{};
    auto n = ::recv(fd_, part.data(), part.size(), 0);
    was_reset_ = n < 0 && errno == ECONNRESET;
    if (n <= 0)
      return false;
    buffer_.append(part.data(), static_cast<size_t>(n));
    return true;
  }

  int fd_ = -1;
  bool connected_ = false;
  bool was_reset_ = false;
  std::string buffer_;
};

} // namespace machine::test
