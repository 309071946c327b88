#include "deploy/cli/secret_input.hpp"

#include "runtime/security/secret.hpp"

#include <cerrno>
#include <iostream>

#include <termios.h>
#include <unistd.h>

namespace machine::cli {

namespace {

constexpr size_t max_secret_bytes = 1'024;

/// A terminal that does not show what is typed, and hands on Ctrl-C as a
/// character: nobody else would turn the echo on again.
class silent_terminal {
public:
  explicit silent_terminal(int descriptor) : descriptor_(descriptor) {
    active_ =
      ::isatty(descriptor) == 1 && ::tcgetattr(descriptor, &before_) == 0;
    if (!active_)
      return;
    auto silent = before_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO | ISIG);
    active_ = ::tcsetattr(descriptor, TCSAFLUSH, &silent) == 0;
  }

  silent_terminal(const silent_terminal&) = delete;
  silent_terminal& operator=(const silent_terminal&) = delete;

  ~silent_terminal() {
    if (active_)
      ::tcsetattr(descriptor_, TCSAFLUSH, &before_);
  }

  bool active() const {
    return active_;
  }

private:
  int descriptor_;
  termios before_{};
  bool active_ = false;
};

/// A byte at a time: what comes after the line is for the next one.
caf::expected<secret_input> read_secret_line(int descriptor,
                                             const std::string& what) {
  constexpr char control_c = 3;
  security::secret_text text{""};
  // It does not grow, so that no part of it is left behind.
  text.text.reserve(max_secret_bytes + 1);
  for (char c = 0;;) {
    auto got = ::read(descriptor, &c, 1);
    if (got < 0 && errno == EINTR)
      continue;
    if (got <= 0 && text.text.empty())
      return make_error(ec::invalid_argument,
                        what
                          + ": there is none; type one, or write it to the "
                            "standard input");
    if (got > 0 && c == control_c)
      return make_error(ec::cancelled, what + ": nothing was changed");
    if (got <= 0 || c == '\n')
      break;
    if (text.text.size() == max_secret_bytes)
      return make_error(ec::invalid_argument,
                        what + ": a line has more than 1,024 bytes");
    text.text += c;
  }
  if (text.text.ends_with('\r'))
    text.text.pop_back();
  if (text.text.empty())
    return make_error(ec::invalid_argument, what + ": it is empty");
  return std::make_shared<const security::secret_text>(text.text);
}

} // namespace

caf::expected<secret_input> read_secret(int descriptor,
                                        const std::string& what) {
  silent_terminal quiet{descriptor};
  if (quiet.active())
    std::cerr << what << ": " << std::flush;
  auto result = read_secret_line(descriptor, what);
  if (quiet.active())
    std::cerr << '\n' << std::flush;
  return result;
}

caf::expected<secret_input> read_new_secret(int descriptor,
                                            const std::string& what) {
  auto first = read_secret(descriptor, what);
  if (!first || ::isatty(descriptor) != 1)
    return first;
  auto second = read_secret(descriptor, what + " again");
  if (!second)
    return second;
  if ((*first)->text != (*second)->text)
    return make_error(ec::invalid_argument,
                      what + ": they differ; nothing was changed");
  return first;
}

caf::expected<secret_input>
read_whole_secret(int descriptor, const std::string& what, size_t most) {
  security::secret_text text{""};
  // Room for the end of the line, and to see that there is more.
  text.text.resize(most + 3);
  size_t size = 0;
  while (size < text.text.size()) {
    auto got =
      ::read(descriptor, text.text.data() + size, text.text.size() - size);
    if (got < 0 && errno == EINTR)
      continue;
    if (got <= 0)
      break;
    size += static_cast<size_t>(got);
  }
  text.text.resize(size);
  if (text.text.ends_with('\n'))
    text.text.pop_back();
  if (text.text.ends_with('\r'))
    text.text.pop_back();
  if (text.text.empty())
    return make_error(ec::invalid_argument,
                      what + ": there is none; write it to the standard input");
  if (text.text.size() > most)
    return make_error(ec::invalid_argument, what + " has more than "
                                              + std::to_string(most)
                                              + " bytes");
  return std::make_shared<const security::secret_text>(text.text);
}

} // namespace machine::cli
