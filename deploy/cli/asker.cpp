#include "deploy/cli/asker.hpp"

#include <algorithm>

#include <unistd.h>

namespace machine::cli {

bool is_away(const caf::error& x) {
  auto code = code_of(x);
  return code == ec::unavailable || code == ec::io_failed || code == ec::timeout
      || code == ec::denied;
}

void asker::look_at(const run_view& run,
                    const std::function<std::vector<line>()>& picture) {
  auto& open = run.questions;
  if (question_ && std::none_of(open.begin(), open.end(), [&](auto& x) {
        return x.id == question_->id();
      })) {
    question_.reset();
    screen_.print({{{""}}, {{"  That is settled now.", style::dim}}, {{""}}});
  }
  if (question_)
    return;
  auto next = std::find_if(open.begin(), open.end(),
                           [&](auto& x) { return !put_aside_.contains(x.id); });
  if (next == open.end())
    return;
  question_.emplace(*next);
  // What was typed before is no answer to this.
  pending_.clear();
  forget_typing(STDIN_FILENO);
  screen_.print(picture());
  screen_.print(question_->lines(screen_.size().width));
  screen_.prompt(question_->prompt());
}

void asker::take_typing() {
  // Several lines may have come at once.
  do
    take_line();
  while (question_ && pending_.find('\n') != std::string::npos);
}

void asker::take_line() {
  if (!question_)
    return;
  auto typed = read_line(STDIN_FILENO, pending_);
  if (typed.what == typed_line::kind::nothing_yet)
    return;
  if (typed.what == typed_line::kind::closed) {
    put_aside("");
    return;
  }
  auto answer = question_->take(typed.text);
  if (!answer) {
    screen_.prompt(question_->prompt());
    return;
  }
  auto problem = send_(question_->id(), *answer);
  if (!problem) {
    screen_.print({{}});
    // Until its event comes, it still counts as open.
    put_aside_.insert(question_->id());
    question_.reset();
  } else if (code_of(problem) == ec::invalid_argument || is_away(problem)) {
    question_->restart();
    screen_.print({{{"  " + message_of(problem), style::red}}});
    screen_.prompt(question_->prompt());
  } else {
    put_aside(message_of(problem));
  }
}

void asker::put_aside(const std::string& why) {
  put_aside_.insert(question_->id());
  std::vector<line> lines{{{""}}};
  if (!why.empty())
    lines.push_back({{"  " + why, style::red}});
  lines.push_back(
    {{"  Answer it later: " + later_ + " " + question_->id() + again_,
      style::dim}});
  screen_.print(lines);
  question_.reset();
}

} // namespace machine::cli
