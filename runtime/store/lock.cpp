#include "runtime/store/lock.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string_view>
#include <thread>

namespace machine::store {

namespace {

/// How long a lock whose holder has ended may still be held.
constexpr std::chrono::seconds max_aftermath{5};

std::string host_name() {
  std::array<char, 256> buffer{};
  if (::gethostname(buffer.data(), buffer.size() - 1) != 0)
    return "?";
  return buffer.data();
}

/// RFC 3339, in UTC.
std::string format_now() {
  auto now = std::time(nullptr);
  std::tm parts{};
  std::array<char, 32> buffer{};
  if (::gmtime_r(&now, &parts) == nullptr)
    return "?";
  auto size =
    std::strftime(buffer.data(), buffer.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return {buffer.data(), size};
}

std::string read_holder(int fd) {
  std::array<char, 512> buffer{};
  auto size = ::pread(fd, buffer.data(), buffer.size(), 0);
  if (size <= 0)
    return "another process";
  std::string text{buffer.data(), static_cast<size_t>(size)};
  return text.substr(0, text.find('\n'));
}

/// Whether the process that *holder* names has ended. One on another machine,
/// or that says nothing of itself, has not.
bool has_ended(const std::string& holder) {
  static constexpr std::string_view prefix = "process ";
  if (!holder.starts_with(prefix)
      || holder.find(" on " + host_name() + " ") == holder.npos)
    return false;
  auto pid = std::atoi(holder.c_str() + prefix.size());
  return pid > 0 && ::kill(pid, 0) != 0 && errno == ESRCH;
}

/// Takes the lock: 0, or why not as in `errno`. A process that was killed while
/// it began another leaves its files to that one, until that has become the
/// program that it is to be.
int take(int fd) {
  auto until = std::chrono::steady_clock::now() + max_aftermath;
  while (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    auto why = errno;
    if (why == EINTR)
      continue;
    if (why != EWOULDBLOCK || !has_ended(read_holder(fd))
        || std::chrono::steady_clock::now() > until)
      return why;
    std::this_thread::sleep_for(std::chrono::milliseconds{5});
  }
  return 0;
}

} // namespace

caf::expected<std::unique_ptr<directory_lock>>
directory_lock::acquire(const std::string& directory) {
  auto path = directory + "/LOCK";
  auto fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0)
    return make_error(ec::io_failed,
                      "cannot open " + path + ": " + std::strerror(errno));
  std::unique_ptr<directory_lock> lock{new directory_lock{fd}};
  if (auto why = take(fd); why != 0) {
    if (why != EWOULDBLOCK)
      return make_error(ec::io_failed,
                        "cannot lock " + path + ": " + std::strerror(why));
    return make_error(ec::locked,
                      "the store in " + directory + " is in use by "
                        + read_holder(fd)
                        + "; stop that process or choose another data.dir");
  }
  auto text = "process " + std::to_string(::getpid()) + " on " + host_name()
            + " since " + format_now() + "\n";
  if (::ftruncate(fd, 0) != 0
      || ::pwrite(fd, text.data(), text.size(), 0)
           != static_cast<ssize_t>(text.size())) {
    // The text is for people; the lock holds without it.
  }
  return lock;
}

directory_lock::~directory_lock() {
  ::close(fd_);
}

bool directory_lock::is_held(const std::string& directory) {
  auto fd = ::open((directory + "/LOCK").c_str(), O_RDWR | O_CLOEXEC);
  if (fd < 0)
    return false;
  auto held = ::flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  ::close(fd);
  return held;
}

} // namespace machine::store
