#pragma once

#include "runtime/error.hpp"

#include <memory>
#include <string>

namespace machine::store {

/// The right of one process to a directory. It ends with the process, however
/// that ends.
class directory_lock {
public:
  /// Takes `<directory>/LOCK`. Fails with `locked`, naming who holds it. Waits
  /// a few seconds at most for one whose holder has ended.
  static caf::expected<std::unique_ptr<directory_lock>>
  acquire(const std::string& directory);

  directory_lock(const directory_lock&) = delete;
  directory_lock& operator=(const directory_lock&) = delete;
  ~directory_lock();

  /// Whether somebody holds the lock of *directory* now. Makes nothing.
  static bool is_held(const std::string& directory);

private:
  explicit directory_lock(int fd) : fd_(fd) {}

  int fd_;
};

} // namespace machine::store
