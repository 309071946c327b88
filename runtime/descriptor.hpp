#pragma once

#include <unistd.h>

#include <utility>

namespace machine {

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

} // namespace machine
