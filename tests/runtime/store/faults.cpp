#include "tests/runtime/store/faults.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <mutex>

namespace machine::test {

namespace {

std::atomic<bool> holding{false};
std::atomic<bool> writer_waits{false};
std::atomic<bool> recording{false};

struct record {
  std::mutex mutex;
  dev_t device = 0;
  ino_t inode = 0;
  std::vector<disk_step> steps;
  std::set<std::string> directories;
};

record& written_down() {
  static record result;
  return result;
}

bool strikes(fault x) {
  return armed == x && faults_left > 0 && faults_left-- > 0;
}

/// Roots are on the first two pages, and smaller than a page.
bool is_root(size_t size, off_t at) {
  return at < 2 * 4096 && size < 4096;
}

void write_down(int fd, disk_step step) {
  if (!recording)
    return;
  auto code = errno;
  auto& to = written_down();
  std::lock_guard guard{to.mutex};
  struct ::stat file {};
  if (::fstat(fd, &file) == 0 && file.st_dev == to.device
      && file.st_ino == to.inode) {
    step.durable = (::fcntl(fd, F_GETFL) & O_DSYNC) != 0;
    to.steps.push_back(std::move(step));
  }
  errno = code;
}

void write_down(int fd, off_t at, const void* data, ssize_t size) {
  if (recording && size > 0)
    write_down(fd, {disk_step::kind::write, at,
                    std::string{static_cast<const char*>(data),
                                static_cast<size_t>(size)},
                    false});
}

ssize_t do_pwrite(int fd, const void* data, size_t size, off_t at) {
  auto done = ::syscall(SYS_pwrite64, fd, data, size, at);
  write_down(fd, at, data, done);
  return done;
}

} // namespace

held_write::held_write() {
  writer_waits = false;
  holding = true;
}

held_write::~held_write() {
  holding = false;
}

void held_write::wait_for_writer() {
  while (!writer_waits)
    ::sched_yield();
}

disk_recorder::disk_recorder(const std::string& path) {
  auto& to = written_down();
  std::lock_guard guard{to.mutex};
  struct ::stat file {};
  if (path.empty() || ::stat(path.c_str(), &file) != 0)
    file = {};
  to.device = file.st_dev;
  to.inode = file.st_ino;
  to.steps.clear();
  to.directories.clear();
  recording = true;
}

disk_recorder::~disk_recorder() {
  recording = false;
}

std::vector<disk_step> disk_recorder::steps() const {
  auto& from = written_down();
  std::lock_guard guard{from.mutex};
  return from.steps;
}

std::set<std::string> disk_recorder::synced_directories() const {
  auto& from = written_down();
  std::lock_guard guard{from.mutex};
  return from.directories;
}

} // namespace machine::test

using namespace machine::test;

extern "C" ssize_t pwrite(int fd, const void* data, size_t size, off_t at) {
  auto fail = [](int code) {
    errno = code;
    return ssize_t{-1};
  };
  if (is_root(size, at)) {
    if (strikes(fault::root))
      return fail(EIO);
    if (strikes(fault::root_though_written)) {
      if (faults_left > 0)
        do_pwrite(fd, data, size, at);
      return fail(EIO);
    }
    if (strikes(fault::root_taken_back)) {
      do_pwrite(fd, data, size, at);
      return fail(EIO);
    }
  } else if (strikes(fault::data_no_room)) {
    return fail(ENOSPC);
  } else if (strikes(fault::data_in_part)) {
    return do_pwrite(fd, data, size / 2, at);
  }
  return do_pwrite(fd, data, size, at);
}

extern "C" ssize_t writev(int fd, const iovec* data, int count) {
  if (strikes(fault::data_no_room)) {
    errno = ENOSPC;
    return -1;
  }
  auto at = recording ? ::lseek(fd, 0, SEEK_CUR) : 0;
  auto done =
    ::syscall(SYS_writev, fd, data, strikes(fault::data_in_part) ? 1 : count);
  for (int i = 0; recording && i < count && done > 0; ++i) {
    write_down(fd, at, data[i].iov_base, static_cast<ssize_t>(data[i].iov_len));
    at += static_cast<off_t>(data[i].iov_len);
  }
  return done;
}

extern "C" ssize_t write(int fd, const void* data, size_t size) {
  if (holding && size >= 4096) {
    writer_waits = true;
    while (holding && (::fcntl(fd, F_GETFL) & O_ACCMODE) != O_RDONLY)
      ::sched_yield();
  }
  return ::syscall(SYS_write, fd, data, size);
}

extern "C" int fdatasync(int fd) {
  if (strikes(fault::sync)) {
    errno = EIO;
    return -1;
  }
  auto done = static_cast<int>(::syscall(SYS_fdatasync, fd));
  write_down(fd, {disk_step::kind::sync, 0, {}, false});
  return done;
}

extern "C" int fsync(int fd) {
  if (recording) {
    std::array<char, 4096> name{};
    auto link = "/proc/self/fd/" + std::to_string(fd);
    if (::readlink(link.c_str(), name.data(), name.size() - 1) > 0) {
      auto& to = written_down();
      std::lock_guard guard{to.mutex};
      to.directories.insert(name.data());
    }
  }
  return static_cast<int>(::syscall(SYS_fsync, fd));
}

extern "C" void* mmap(void* address, size_t size, int protection, int flags,
                      int fd, off_t at) noexcept {
  if (fd >= 0 && strikes(fault::map)) {
    errno = ENOMEM;
    return reinterpret_cast<void*>(-1);
  }
  return reinterpret_cast<void*>(
    ::syscall(SYS_mmap, address, size, protection, flags, fd, at));
}
