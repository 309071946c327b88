#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace machine::agents {

/// Owns a file descriptor.
class descriptor {
public:
  descriptor() = default;

  explicit descriptor(int fd) : fd_(fd) {}

  descriptor(descriptor&& other) noexcept : fd_(other.release()) {}

  descriptor& operator=(descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }

  ~descriptor() {
    close();
  }

  explicit operator bool() const {
    return fd_ >= 0;
  }

  int get() const {
    return fd_;
  }

  /// Gives it away.
  int release() {
    return std::exchange(fd_, -1);
  }

  void close() {
    if (fd_ >= 0)
      ::close(release());
  }

private:
  int fd_ = -1;
};

/// Waits for the end of child *pid*; its status.
inline int reap(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

} // namespace machine::agents
