#include "runtime/file_watch.hpp"

#include "runtime/descriptor.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <thread>

namespace machine {

namespace {

/// What tells a file from another, or from itself before a change.
struct file_mark {
  bool exists = false;
  dev_t device = 0;
  ino_t inode = 0;
  off_t size = 0;
  int64_t written = 0;
  int64_t altered = 0;

  bool operator==(const file_mark&) const = default;
};

int64_t nanoseconds(const timespec& x) {
  return static_cast<int64_t>(x.tv_sec) * 1'000'000'000 + x.tv_nsec;
}

file_mark mark_of(const std::string& path) {
  struct stat x {};
  if (::stat(path.c_str(), &x) != 0)
    return {};
  return {true,
          x.st_dev,
          x.st_ino,
          x.st_size,
          nanoseconds(x.st_mtim),
          nanoseconds(x.st_ctim)};
}

/// A writer that never stops is not waited for longer than this many times.
constexpr int most_rounds = 50;

} // namespace

struct file_watch::impl {
  impl(const std::string& x, file_watch_options y)
      : path(std::filesystem::absolute(x).lexically_normal().string()), how(y),
        events(y.how == file_watch_options::by::word_of_system
                 ? ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)
                 : -1),
        stop(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)), mark(mark_of(path)) {}

  ~impl() {
    uint64_t one = 1;
    while (::write(stop.get(), &one, sizeof one) < 0 && errno == EINTR) {
    }
    if (thread.joinable())
      thread.join();
  }

  /// Has the system tell of what happens in the directory: a file that is
  /// replaced by another one is none that could be told of itself.
  void listen() {
    if (events.get() < 0 || watch >= 0)
      return;
    auto directory = std::filesystem::path{path}.parent_path().string();
    watch =
      ::inotify_add_watch(events.get(), directory.c_str(),
                          IN_CLOSE_WRITE | IN_MODIFY | IN_ATTRIB | IN_CREATE
                            | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO
                            | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR);
  }

  /// Forgets what the system has told. A directory that is gone, or is another
  /// one now, is watched anew.
  void hear() {
    alignas(inotify_event) std::array<char, 4096> buffer;
    while (true) {
      auto size = ::read(events.get(), buffer.data(), buffer.size());
      if (size <= 0)
        return;
      for (ssize_t at = 0; at < size;) {
        auto* event = reinterpret_cast<inotify_event*>(buffer.data() + at);
        if ((event->mask & (IN_IGNORED | IN_MOVE_SELF)) != 0) {
          if (event->mask & IN_MOVE_SELF)
            ::inotify_rm_watch(events.get(), watch);
          watch = -1;
        }
        at += static_cast<ssize_t>(sizeof(inotify_event) + event->len);
      }
    }
  }

  enum class woken : uint8_t { to_stop, by_event, by_time };

  woken wait(duration at_most) {
    std::array<pollfd, 2> fds{
      {{stop.get(), POLLIN, 0}, {events.get(), POLLIN, 0}}};
    auto count =
      ::poll(fds.data(), fds.size(), static_cast<int>(at_most.count()));
    if (fds[0].revents != 0)
      return woken::to_stop;
    if (count > 0)
      hear();
    return count > 0 ? woken::by_event : woken::by_time;
  }

  void run(const std::function<void()>& changed) {
    while (true) {
      listen();
      // It may have changed before anybody listened.
      if (mark_of(path) == mark) {
        if (wait(how.interval) == woken::to_stop)
          return;
        if (mark_of(path) == mark)
          continue;
      }
      for (int round = 0; round < most_rounds; ++round) {
        auto before = mark_of(path);
        auto why = wait(how.settles);
        if (why == woken::to_stop)
          return;
        if (why == woken::by_time && mark_of(path) == before)
          break;
      }
      if (auto now = mark_of(path); now != mark) {
        mark = now;
        changed();
      }
    }
  }

  const std::string path;
  const file_watch_options how;
  descriptor events;
  descriptor stop;
  int watch = -1;
  file_mark mark;
  std::thread thread;
};

file_watch::file_watch(const std::string& path, file_watch_options how)
    : impl_(std::make_unique<impl>(path, how)) {}

file_watch::~file_watch() = default;

void file_watch::start(std::function<void()> changed) {
  impl_->thread =
    std::thread{[this, changed = std::move(changed)] { impl_->run(changed); }};
}

} // namespace machine
