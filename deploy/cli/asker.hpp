#pragma once

#include "deploy/cli/question.hpp"
#include "deploy/cli/terminal.hpp"

#include <functional>
#include <optional>
#include <set>
#include <string>

namespace machine::cli {

/// Puts the questions of a run to whoever sits at the terminal, one after the
/// other.
class asker {
public:
  /// Sends the answer to the question *id*.
  using send =
    std::function<caf::error(const std::string& id, const json_text& answer)>;

  /// @param later the command that answers a question, but for its id.
  /// @param again what such a command needs to reach its machine.
  asker(screen& on, send how, std::string later, std::string again)
      : screen_(on), send_(std::move(how)), later_(std::move(later)),
        again_(std::move(again)) {}

  /// Whether a question stands on the screen.
  bool is_asking() const {
    return question_.has_value();
  }

  /// Asks what *run* wants to know and was not asked yet, below the *picture*
  /// of what led to it.
  void look_at(const run_view& run,
               const std::function<std::vector<line>()>& picture);

  /// Reads what was typed.
  void take_typing();

  /// Asks no more; the question stays open.
  void drop() {
    question_.reset();
  }

private:
  void take_line();
  void put_aside(const std::string& why);

  screen& screen_;
  send send_;
  std::string later_;
  std::string again_;
  std::optional<question> question_;
  std::set<std::string> put_aside_;
  std::string pending_;
};

/// Whether the machine may do later what it did not do now because of *x*. One
/// that was started again and has not written its new word down yet denies.
bool is_away(const caf::error& x);

} // namespace machine::cli
