#pragma once

#include "deploy/cli/run_view.hpp"
#include "deploy/cli/style.hpp"

#include <optional>
#include <string>
#include <vector>

namespace machine::cli {

/// The option of `run answer` that answers a question whose answer has this
/// JSON Schema.
std::string answer_option(const json_text& schema);

/// A run's question on its way through a person: what is asked next, and what
/// the lines that were typed mean.
class question {
public:
  explicit question(question_view what);

  const std::string& id() const {
    return what_.id;
  }

  /// What is shown before it is asked.
  std::vector<line> lines(size_t width) const;

  /// What is asked now, on a line of its own.
  std::string prompt() const;

  /// Takes a line that was typed. The answer, once it is complete.
  std::optional<json_text> take(const std::string& typed);

  /// Asks again from the beginning.
  void restart();

private:
  enum class stage : uint8_t { yes_or_no, comment, json };

  question_view what_;
  bool is_approval_ = false;
  stage now_ = stage::json;
  bool approved_ = false;
  std::string hint_;
};

} // namespace machine::cli
