#include "deploy/cli/terminal.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

namespace machine::cli {

namespace {

constexpr std::array watched{SIGINT, SIGTERM, SIGHUP, SIGWINCH};

// A signal handler can reach nothing but what is global.
std::atomic<int> signal_target{-1};
std::array<struct sigaction, watched.size()> former;
std::atomic<unsigned> not_taken{0};
std::atomic<int> hidden_cursor{-1};
constexpr unsigned most_not_taken = 3;

constexpr std::string_view show_cursor = "\x1b[?25h";
termios usual_modes = {};
std::atomic<bool> modes_changed{false};

void restore_modes() {
  if (modes_changed.exchange(false) && ::tcgetpgrp(STDIN_FILENO) == ::getpgrp())
    ::tcsetattr(STDIN_FILENO, TCSANOW, &usual_modes);
}

void on_signal(int number) {
  auto saved = errno;
  if (number != SIGWINCH && ++not_taken > most_not_taken) {
    // Whoever should listen hangs.
    if (auto screen = hidden_cursor.load(); screen >= 0)
      static_cast<void>(
        !::write(screen, show_cursor.data(), show_cursor.size()));
    restore_modes();
    std::signal(number, SIG_DFL);
    std::raise(number);
  }
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
  not_taken = 0;
  struct sigaction action = {};
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  for (size_t i = 0; i < watched.size(); ++i) {
    ::sigaction(watched[i], nullptr, &former[i]);
    if (former[i].sa_handler != SIG_IGN)
      ::sigaction(watched[i], &action, nullptr);
  }
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
  not_taken = 0;
  char buffer[64];
  for (;;) {
    auto count = ::read(pipe_[0], buffer, sizeof(buffer));
    if (count <= 0)
      return result;
    for (ssize_t i = 0; i < count; ++i)
      if (buffer[i] == SIGWINCH)
        result.resized = true;
      else if (buffer[i] == SIGINT)
        ++result.interrupts;
      else
        result.must_end = true;
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
  unhide();
}

/// Hides the cursor and what is typed.
void screen::hide() {
  if (hidden_)
    return;
  hidden_ = true;
  // A command in the background may not touch the terminal's modes.
  if (::tcgetpgrp(STDIN_FILENO) == ::getpgrp()
      && ::tcgetattr(STDIN_FILENO, &usual_modes) == 0) {
    auto silent = usual_modes;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    ::tcsetattr(STDIN_FILENO, TCSANOW, &silent);
    modes_changed = true;
  }
  hidden_cursor = descriptor_;
  write("\x1b[?25l");
}

void screen::unhide() {
  if (!std::exchange(hidden_, false))
    return;
  write(std::string{show_cursor});
  restore_modes();
  hidden_cursor = -1;
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
  hide();
  std::string out = "\x1b[?2026h";
  out += up();
  drawn_.clear();
  for (auto& x : picture) {
    out += to_text(x, colours_);
    out += "\x1b[K\r\n";
    drawn_.push_back(width_of(x));
  }
  out += "\x1b[J\x1b[?2026l";
  write(out);
}

void screen::clear() {
  auto out = up();
  if (!drawn_.empty())
    out += "\x1b[J";
  drawn_.clear();
  write(out);
  unhide();
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

void forget_typing(int descriptor) {
  ::tcflush(descriptor, TCIFLUSH);
}

typed_line read_line(int descriptor, std::string& pending) {
  constexpr size_t longest = 64u << 10;
  auto end = pending.find('\n');
  if (end == std::string::npos) {
    char buffer[4096];
    auto count = ::read(descriptor, buffer, sizeof(buffer));
    if (count < 0)
      return {errno == EINTR || errno == EAGAIN ? typed_line::kind::nothing_yet
                                                : typed_line::kind::closed,
              {}};
    if (count == 0)
      return {typed_line::kind::closed, {}};
    pending.append(buffer, static_cast<size_t>(count));
    end = pending.find('\n');
  }
  if (end == std::string::npos && pending.size() < longest)
    return {};
  auto text = pending.substr(0, end);
  pending.erase(0, end == std::string::npos ? end : end + 1);
  return {typed_line::kind::line, std::move(text)};
}

bool is_redrawable(int descriptor) {
  auto* kind = std::getenv("TERM");
  return ::isatty(descriptor) == 1
      && (kind == nullptr || std::strcmp(kind, "dumb") != 0);
}

colour_mode colours_for(int descriptor) {
  auto* refused = std::getenv("NO_COLOR");
  auto wanted = refused == nullptr || *refused == '\0';
  return wanted && is_redrawable(descriptor) ? colour_mode::ansi
                                             : colour_mode::none;
}

} // namespace machine::cli
