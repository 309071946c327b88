#include "deploy/cli/terminal.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace machine::cli {

namespace {

constexpr std::array watched{SIGINT, SIGTERM, SIGHUP, SIGWINCH};

// A signal handler can reach nothing but what is global.
std::atomic<int> signal_target{-1};
std::array<struct sigaction, watched.size()> former;

void on_signal(int number) {
  auto saved = errno;
  auto target = signal_target.load();
  auto what = static_cast<char>(number);
  // A pipe that is full holds enough signals already.
  if (target >= 0 && ::write(target, &what, 1) < 0)
    errno = 0;
  errno = saved;
}

} // namespace

signal_watch::signal_watch() {
  if (::pipe2(pipe_.data(), O_CLOEXEC | O_NONBLOCK) != 0)
    return;
  signal_target = pipe_[1];
  struct sigaction action = {};
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  for (size_t i = 0; i < watched.size(); ++i)
    ::sigaction(watched[i], &action, &former[i]);
}

signal_watch::~signal_watch() {
  if (pipe_[0] < 0)
    return;
  for (size_t i = 0; i < watched.size(); ++i)
    ::sigaction(watched[i], &former[i], nullptr);
  signal_target = -1;
  ::close(pipe_[0]);
  ::close(pipe_[1]);
}

signal_watch::seen signal_watch::take() {
  seen result;
  char buffer[64];
  for (;;) {
    auto count = ::read(pipe_[0], buffer, sizeof(buffer));
    if (count <= 0)
      return result;
    for (ssize_t i = 0; i < count; ++i)
      if (buffer[i] == SIGWINCH)
        result.resized = true;
      else
        ++result.stops;
  }
}

doorbell::doorbell() : descriptor_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

doorbell::~doorbell() {
  ::close(descriptor_);
}

void doorbell::ring() {
  uint64_t one = 1;
  // Fails only if the bell rings already.
  static_cast<void>(!::write(descriptor_, &one, sizeof(one)));
}

void doorbell::silence() {
  uint64_t count = 0;
  static_cast<void>(!::read(descriptor_, &count, sizeof(count)));
}

screen::~screen() {
  if (hidden_)
    write("\x1b[?25h");
}

terminal_size screen::size() const {
  winsize x = {};
  if (::ioctl(descriptor_, TIOCGWINSZ, &x) == 0 && x.ws_col > 0 && x.ws_row > 0)
    return {x.ws_col, x.ws_row};
  return {};
}

void screen::draw(const std::vector<line>& picture) {
  // Terminals that know about it show what is in between at once (DEC mode
  // 2026); others ignore it.
  std::string out = "\x1b[?2026h";
  if (!hidden_)
    out += "\x1b[?25l";
  out += up();
  drawn_.clear();
  for (auto& x : picture) {
    out += to_text(x, colours_);
    out += "\x1b[K\r\n";
    drawn_.push_back(width_of(x));
  }
  out += "\x1b[J\x1b[?2026l";
  hidden_ = true;
  write(out);
}

void screen::clear() {
  auto out = up();
  if (!drawn_.empty())
    out += "\x1b[J";
  if (hidden_)
    out += "\x1b[?25h";
  drawn_.clear();
  hidden_ = false;
  write(out);
}

void screen::print(const std::vector<line>& lines) {
  clear();
  std::string out;
  for (auto& x : lines)
    out += to_text(x, colours_) + "\r\n";
  write(out);
}

void screen::prompt(const std::string& text) {
  clear();
  write(text);
}

/// The way from below the picture to its first line. Where the terminal has
/// become narrower since, its lines take several of the terminal's.
std::string screen::up() const {
  auto width = std::max<size_t>(size().width, 1);
  size_t rows = 0;
  for (auto x : drawn_)
    rows += std::max<size_t>(1, (x + width - 1) / width);
  rows = std::min(rows, std::max<size_t>(size().height, 1) - 1);
  return rows == 0 ? "\r" : "\r\x1b[" + std::to_string(rows) + "A";
}

void screen::write(const std::string& text) {
  std::string_view rest{text};
  while (!rest.empty()) {
    auto count = ::write(descriptor_, rest.data(), rest.size());
    if (count < 0 && errno != EINTR)
      return;
    if (count > 0)
      rest.remove_prefix(static_cast<size_t>(count));
  }
}

typed_line read_line(int descriptor, std::string& pending) {
  constexpr size_t longest = 64u << 10;
  char buffer[4096];
  auto count = ::read(descriptor, buffer, sizeof(buffer));
  if (count < 0)
    return {errno == EINTR || errno == EAGAIN ? typed_line::kind::nothing_yet
                                              : typed_line::kind::closed,
            {}};
  if (count == 0)
    return {typed_line::kind::closed, {}};
  pending.append(buffer, static_cast<size_t>(count));
  auto end = pending.find('\n');
  if (end == std::string::npos && pending.size() < longest)
    return {};
  auto text = pending.substr(0, end);
  pending.erase(0, end == std::string::npos ? end : end + 1);
  return {typed_line::kind::line, std::move(text)};
}

bool is_terminal(int descriptor) {
  auto* kind = std::getenv("TERM");
  return ::isatty(descriptor) == 1
      && (kind == nullptr || std::strcmp(kind, "dumb") != 0);
}

colour_mode colours_for(int descriptor) {
  auto* refused = std::getenv("NO_COLOR");
  auto wanted = refused == nullptr || *refused == '\0';
  return wanted && is_terminal(descriptor) ? colour_mode::ansi
                                           : colour_mode::none;
}

} // namespace machine::cli
