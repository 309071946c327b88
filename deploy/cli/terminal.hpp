#pragma once

#include "deploy/cli/style.hpp"
#include "deploy/cli/view.hpp"

#include <array>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

namespace machine::cli {

/// Signals as something that can be waited for. One at a time may exist. What
/// whoever started us ignores stays ignored, as with `nohup`. If nobody takes
/// them, the fourth ends the process as if this did not exist.
class signal_watch {
public:
  struct seen {
    /// How often the user pressed Ctrl-C (SIGINT).
    unsigned interrupts = 0;
    /// Whether this process has to end (SIGTERM, SIGHUP).
    bool must_end = false;
    bool resized = false;

    bool stops() const {
      return must_end || interrupts > 0;
    }
  };

  signal_watch();

  signal_watch(const signal_watch&) = delete;
  signal_watch& operator=(const signal_watch&) = delete;

  /// Restores what signals did before.
  ~signal_watch();

  /// Readable when there is something to take.
  int descriptor() const {
    return pipe_[0];
  }

  seen take();

private:
  std::array<int, 2> pipe_{-1, -1};
};

/// Wakes up a thread that waits in `poll`.
class doorbell {
public:
  doorbell();

  doorbell(const doorbell&) = delete;
  doorbell& operator=(const doorbell&) = delete;

  ~doorbell();

  int descriptor() const {
    return descriptor_;
  }

  void ring();

  void silence();

private:
  int descriptor_ = -1;
};

/// A part of the terminal at the cursor that is drawn again and again in place.
/// While it is, what is typed does not show: it would push the picture about.
class screen {
public:
  screen(int descriptor, colour_mode colours)
      : descriptor_(descriptor), colours_(colours) {}

  screen(const screen&) = delete;
  screen& operator=(const screen&) = delete;

  /// Leaves the last picture where it is.
  ~screen();

  terminal_size size() const;

  /// Replaces the picture.
  void draw(const std::vector<line>& picture);

  /// Takes the picture away.
  void clear();

  /// Writes lines that stay, above the picture, which is taken away.
  void print(const std::vector<line>& lines);

  /// Asks for a line of text; the answer is read by `read_line`.
  void prompt(const std::string& text);

private:
  std::string up() const;
  void hide();
  void unhide();
  void write(const std::string& text);

  int descriptor_;
  colour_mode colours_;
  /// Widths of the lines of the present picture.
  std::vector<size_t> drawn_;
  bool hidden_ = false;
};

/// What reading a line from a terminal gave.
struct typed_line {
  enum class kind : uint8_t { nothing_yet, line, closed };
  kind what = kind::nothing_yet;
  std::string text;
};

/// Forgets what was typed and not read yet: it answers nothing that was asked
/// after it.
void forget_typing(int descriptor);

/// The next line of *pending*, or what can be read now from *descriptor*;
/// *pending* holds what comes after the line, and the beginning of one.
typed_line read_line(int descriptor, std::string& pending);

/// Whether *descriptor* is a terminal on which things can be redrawn.
bool is_redrawable(int descriptor);

/// Colours for *descriptor*; none if it is no terminal or `NO_COLOR` is set.
colour_mode colours_for(int descriptor);

} // namespace machine::cli
