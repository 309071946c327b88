// The limit: a server that does nothing but hand the same frame to the system,
// for each client by a call of its own (`write`), or all frames of a burst by
// one (`gather`). Prints its port; `send N` on its input sends N frames.
//
// Usage: bench_fanout_bare write|gather BYTES

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <string>
#include <vector>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

namespace {

class server {
public:
  server(bool gathers, size_t bytes)
      : gathers_(gathers), queue_(::epoll_create1(0)) {
    frame_ = std::string{"\x81\x7E"} + static_cast<char>(bytes >> 8)
           + static_cast<char>(bytes) + std::string(bytes, 'x');
    listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0
        || ::listen(listener_, 4'096) != 0) {
      std::perror("no port can be listened on");
      std::exit(1);
    }
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    std::printf("%u\n", static_cast<unsigned>(ntohs(address.sin_port)));
    std::fflush(stdout);
    watch(listener_);
    watch(0);
  }

  void run() {
    std::array<epoll_event, 64> events;
    for (;;) {
      auto n = ::epoll_wait(queue_, events.data(), events.size(), -1);
      for (int i = 0; i < n; ++i) {
        auto fd = events[i].data.fd;
        if (fd == listener_)
          accept();
        else if (fd == 0 && !obey())
          return;
        else if (fd != 0 && (events[i].events & (EPOLLHUP | EPOLLERR)) == 0)
          read(fd);
      }
    }
  }

private:
  void watch(int fd) const {
    epoll_event what{};
    what.events = EPOLLIN;
    what.data.fd = fd;
    ::epoll_ctl(queue_, EPOLL_CTL_ADD, fd, &what);
  }

  void accept() {
    auto fd = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK);
    int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    clients_.push_back(fd);
    watch(fd);
  }

  /// Whatever a client says is a good handshake.
  static void read(int fd) {
    std::array<char, 4'096> buffer;
    constexpr std::string_view yes =
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
      "Connection: Upgrade\r\n\r\n";
    auto n = ::recv(fd, buffer.data(), buffer.size(), 0);
    if (n > 0 && buffer[0] == 'G')
      ::send(fd, yes.data(), yes.size(), MSG_NOSIGNAL);
  }

  bool obey() {
    std::array<char, 64> text{};
    auto n = ::read(0, text.data(), text.size() - 1);
    if (n <= 0)
      return false;
    auto count = std::strtoul(text.data() + 5, nullptr, 10);
    if (gathers_)
      gather(count);
    else
      write(count);
    return true;
  }

  void write(size_t count) {
    for (size_t i = 0; i < count; ++i)
      for (auto fd : clients_) {
        iovec all{frame_.data(), frame_.size()};
        hand_over(fd, &all, 1);
      }
  }

  void gather(size_t count) {
    std::vector<iovec> pieces;
    for (auto fd : clients_) {
      pieces.assign(count, {frame_.data(), frame_.size()});
      hand_over(fd, pieces.data(), pieces.size());
    }
  }

  /// Bursts fit what the system takes for a client; if not, it is waited for.
  static void hand_over(int fd, iovec* pieces, size_t count) {
    while (count > 0) {
      auto n = ::writev(fd, pieces, static_cast<int>(count));
      if (n < 0 && errno != EAGAIN)
        return;
      for (auto left = n < 0 ? 0 : static_cast<size_t>(n);
           count > 0 && left >= pieces->iov_len; ++pieces, --count)
        left -= pieces->iov_len;
      if (count > 0 && n >= 0) {
        // In the middle of a frame.
        size_t sent = static_cast<size_t>(n) % pieces->iov_len;
        pieces->iov_base = static_cast<char*>(pieces->iov_base) + sent;
        pieces->iov_len -= sent;
      }
    }
  }

  const bool gathers_;
  std::string frame_;
  int queue_;
  int listener_ = -1;
  std::vector<int> clients_;
};

} // namespace

int main(int argc, char** argv) {
  if (argc != 3)
    return 2;
  server{std::strcmp(argv[1], "gather") == 0,
         std::strtoul(argv[2], nullptr, 10)}
    .run();
}
