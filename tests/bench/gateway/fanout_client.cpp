// A thousand clients of a WebSocket in one thread. What it is told comes on its
// standard input; what the server shall do goes to its standard output, which
// is the server's input; what it measures goes to standard error.
//
// Usage: bench_fanout_client PORT CLIENTS [TARGET TOKEN TOPIC]
//
//   one N          N events, each when all clients have the one before
//   burst N COUNT  COUNT times N events at once, each when all have the ones
//                  before
//   listen N       N events that the server commits; then a line with the times
//                  at which they were committed is read, in nanoseconds

#include "tests/bench/report.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <iostream>
#include <memory>
#include <sstream>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace machine::bench;

namespace {

constexpr int patience_ms = 30'000;

int64_t now_ns() {
  return std::chrono::steady_clock::now().time_since_epoch().count();
}

/// One client: how far it is within the frame that comes.
struct client {
  int fd = -1;
  uint64_t frames = 0;
  /// Of the frame under way: bytes of its header, and of its payload that have
  /// not come.
  std::array<uint8_t, 10> head{};
  size_t head_size = 0;
  uint64_t left = 0;
  bool in_payload = false;
};

class crowd {
public:
  crowd(uint16_t port, size_t count, const std::string& target,
        const std::string& token, const std::string& topic)
      : clients_(count), queue_(::epoll_create1(EPOLL_CLOEXEC)) {
    for (size_t i = 0; i < count; ++i)
      connect(i, port, target, token, topic);
    if (!topic.empty())
      wait_for(1, nullptr);
    for (auto& x : clients_)
      x.frames = 0;
  }

  /// Reads until every client has *frames* frames; *seen* hears of each.
  template <class Seen>
  void wait_for(uint64_t frames, Seen seen) {
    auto missing = static_cast<size_t>(
      std::count_if(clients_.begin(), clients_.end(),
                    [&](auto& x) { return x.frames < frames; }));
    std::array<epoll_event, 256> events;
    while (missing > 0) {
      auto n = ::epoll_wait(queue_, events.data(), events.size(), patience_ms);
      if (n < 0 && errno == EINTR)
        continue;
      if (n <= 0)
        give_up("clients wait for events that do not come");
      for (int i = 0; i < n; ++i) {
        auto& x = clients_[events[i].data.u32];
        auto before = x.frames;
        read(x);
        if constexpr (!std::is_null_pointer_v<Seen>)
          for (auto seq = before; seq < x.frames; ++seq)
            seen(events[i].data.u32, seq);
        if (before < frames && x.frames >= frames)
          --missing;
      }
    }
    for (auto& x : clients_)
      if (x.frames > frames)
        give_up("a client got more events than there were");
  }

  /// Shows that all are alive until there is something to do.
  void idle() {
    for (;;) {
      std::array<pollfd, 2> what{pollfd{0, POLLIN, 0},
                                 pollfd{queue_, POLLIN, 0}};
      ::poll(what.data(), what.size(), -1);
      if (what[0].revents != 0)
        return;
      std::array<epoll_event, 256> events;
      auto n = ::epoll_wait(queue_, events.data(), events.size(), 0);
      for (int i = 0; i < n; ++i)
        read(clients_[events[i].data.u32]);
    }
  }

  void forget() {
    for (auto& x : clients_)
      x.frames = 0;
  }

  size_t size() const {
    return clients_.size();
  }

private:
  void connect(size_t index, uint16_t port, const std::string& target,
               const std::string& token, const std::string& topic) {
    auto& x = clients_[index];
    x.fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(x.fd, reinterpret_cast<sockaddr*>(&address), sizeof address)
        != 0)
      give_up("a client cannot connect: " + std::string{std::strerror(errno)});
    auto text = "GET " + target
              + " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port)
              + "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                "Sec-WebSocket-Version: 13\r\n"
                "Sec-WebSocket-Protocol: themachine.v1.json\r\n"
              + (token.empty() ? "" : "Authorization: Bearer " + token + "\r\n")
              + "\r\n";
    write_all(x.fd, text);
    read_head(x.fd);
    if (!topic.empty()) {
      // A mask of zeros leaves the text as it is.
      auto ask = R"({"type":"subscribe","id":"x","topic":")" + topic
               + R"(","latest":true})";
      std::string frame{"\x81"};
      frame += static_cast<char>(0x80 | ask.size());
      frame.append(4, '\0');
      write_all(x.fd, frame + ask);
    }
    ::fcntl(x.fd, F_SETFL, O_NONBLOCK);
    epoll_event what{};
    what.events = EPOLLIN;
    what.data.u32 = static_cast<uint32_t>(index);
    ::epoll_ctl(queue_, EPOLL_CTL_ADD, x.fd, &what);
  }

  static void write_all(int fd, std::string_view text) {
    while (!text.empty()) {
      auto n = ::send(fd, text.data(), text.size(), MSG_NOSIGNAL);
      if (n <= 0)
        give_up("the server hung up");
      text.remove_prefix(static_cast<size_t>(n));
    }
  }

  static void read_head(int fd) {
    std::string head;
    char c = 0;
    while (!head.ends_with("\r\n\r\n")) {
      if (::recv(fd, &c, 1, 0) != 1)
        give_up("the server hung up in the handshake");
      head += c;
    }
    if (!head.starts_with("HTTP/1.1 101"))
      give_up("the server refused: " + head);
  }

  void read(client& x) {
    for (;;) {
      auto n = ::recv(x.fd, buffer_.data(), buffer_.size(), 0);
      if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
      if (n <= 0)
        give_up("the server hung up");
      take(x, static_cast<size_t>(n));
      if (static_cast<size_t>(n) < buffer_.size())
        return;
    }
  }

  void take(client& x, size_t size) {
    for (size_t at = 0; at < size;) {
      if (x.in_payload) {
        auto n = std::min<uint64_t>(x.left, size - at);
        at += n;
        x.left -= n;
      } else {
        x.head[x.head_size++] = buffer_[at++];
        if (!begin_payload(x))
          continue;
      }
      if (x.left == 0) {
        if ((x.head[0] & 8) == 0)
          ++x.frames;
        else if (x.head[0] == 0x89)
          write_all(x.fd, {"\x8A\x80\0\0\0\0", 6});
        x.in_payload = false;
        x.head_size = 0;
      }
    }
  }

  static bool begin_payload(client& x) {
    if (x.head_size < 2)
      return false;
    auto more = x.head[1] == 126 ? 2u : x.head[1] == 127 ? 8u : 0u;
    if (x.head_size < 2 + more)
      return false;
    x.left = more == 0 ? x.head[1] : 0;
    for (size_t i = 0; i < more; ++i)
      x.left = x.left << 8 | x.head[2 + i];
    x.in_payload = true;
    return true;
  }

  std::vector<client> clients_;
  int queue_;
  std::array<uint8_t, 256u << 10> buffer_{};
};

void tell_server(const std::string& what) {
  std::cout << what << std::endl;
}

/// Rounds of *count* events at once.
void burst(crowd& all, size_t count, size_t rounds) {
  std::vector<double> late;
  late.reserve(rounds * count * all.size());
  auto begin = clock::now();
  for (size_t i = 0; i < rounds; ++i) {
    all.forget();
    auto sent = now_ns();
    tell_server("send " + std::to_string(count));
    all.wait_for(count, [&](size_t, uint64_t) {
      late.push_back(static_cast<double>(now_ns() - sent) / 1e6);
    });
  }
  auto took = seconds(clock::now() - begin);
  std::fprintf(stderr,
               R"({"rate":%.1f,"p50":%.4f,"p99":%.4f})"
               "\n",
               static_cast<double>(rounds * count * all.size()) / took,
               quantile(late, 0.5), quantile(late, 0.99));
}

void listen(crowd& all, size_t count) {
  all.forget();
  std::vector<std::vector<int64_t>> seen(count);
  tell_server("commit " + std::to_string(count));
  all.wait_for(count,
               [&](size_t, uint64_t seq) { seen[seq].push_back(now_ns()); });
  std::string line;
  std::getline(std::cin, line);
  std::istringstream times{line};
  std::vector<double> late;
  for (auto& x : seen) {
    int64_t at = 0;
    if (!(times >> at))
      give_up("the server did not say when it committed");
    for (auto when : x)
      late.push_back(static_cast<double>(when - at) / 1e6);
  }
  std::fprintf(stderr,
               R"({"p50":%.4f,"p99":%.4f,"max":%.4f})"
               "\n",
               quantile(late, 0.5), quantile(late, 0.99), quantile(late, 1));
}

} // namespace

int main(int argc, char** argv) {
  if (argc != 3 && argc != 6)
    return 2;
  auto port = static_cast<uint16_t>(std::strtoul(argv[1], nullptr, 10));
  auto all = std::make_unique<crowd>(
    port, std::strtoul(argv[2], nullptr, 10), argc > 3 ? argv[3] : "/",
    argc > 3 ? argv[4] : "", argc > 3 ? argv[5] : "");
  std::fputs("{}\n", stderr);
  std::string line;
  for (all->idle(); std::getline(std::cin, line); all->idle()) {
    std::istringstream words{line};
    std::string what;
    size_t first = 0;
    size_t second = 1;
    words >> what >> first >> second;
    if (what == "one")
      burst(*all, 1, first);
    else if (what == "burst")
      burst(*all, first, second);
    else if (what == "listen")
      listen(*all, first);
  }
}
