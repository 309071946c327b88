#include "deploy/cli/watch.hpp"

#include "deploy/cli/question.hpp"
#include "deploy/cli/record.hpp"
#include "deploy/cli/terminal.hpp"
#include "deploy/cli/view.hpp"
#include "runtime/wire/wire.hpp"

#include <deque>
#include <ostream>

#include <poll.h>
#include <unistd.h>

namespace machine::cli {

namespace {

using steady = std::chrono::steady_clock;

constexpr auto frame_time = std::chrono::milliseconds{100};

/// Live pieces that may wait to be shown; more are left out.
constexpr size_t max_pieces = 4096;

/// What comes from the follower's thread.
class inbox {
public:
  void put(follow_item x) {
    std::lock_guard guard{mutex_};
    if (std::holds_alternative<live_piece>(x) && items_.size() >= max_pieces)
      return;
    items_.push_back(std::move(x));
    bell_.ring();
  }

  std::deque<follow_item> take() {
    std::lock_guard guard{mutex_};
    bell_.silence();
    return std::exchange(items_, {});
  }

  int descriptor() const {
    return bell_.descriptor();
  }

private:
  std::mutex mutex_;
  std::deque<follow_item> items_;
  doorbell bell_;
};

class watcher {
public:
  watcher(const session& in, const api_client& api, watch_options options)
      : in_(in), api_(api), options_(std::move(options)),
        screen_(STDOUT_FILENO, in.colours),
        redraws_(!in.global.json && is_terminal(STDOUT_FILENO)),
        asks_(redraws_ && ::isatty(STDIN_FILENO) == 1) {
    view_.id = options_.run;
    view_.scripted = scripted_models();
  }

  exit_code run() {
    follower from{in_.http,
                  {.run = options_.run, .after = options_.after},
                  [this, first = true]() mutable -> caf::expected<endpoint> {
                    // A machine that was restarted may listen elsewhere.
                    if (std::exchange(first, false) || options_.own_machine)
                      return api_.where();
                    return read_endpoint(in_.data_dir);
                  },
                  [this](follow_item x) { inbox_.put(std::move(x)); }};
    while (!result_) {
      wait();
      take_signals();
      take_items();
      take_typing();
      ask();
      draw();
    }
    return *result_;
  }

private:
  std::set<std::string> scripted_models() const {
    std::set<std::string> result;
    auto body = api_.get("/api/v1/models");
    if (!body)
      return result;
    if (auto page = record::parse(std::move(*body), "models"))
      for (auto& x : page->list("items"))
        if (x.truth("scripted"))
          result.insert(x.text("id"));
    return result;
  }

  void wait() {
    std::array<pollfd, 3> what{pollfd{inbox_.descriptor(), POLLIN, 0},
                               pollfd{signals_.descriptor(), POLLIN, 0},
                               pollfd{STDIN_FILENO, POLLIN, 0}};
    auto timeout =
      redraws_ && !question_ ? static_cast<int>(frame_time.count()) : -1;
    static_cast<void>(::poll(what.data(), question_ ? 3 : 2, timeout));
    typed_ = question_ && (what[2].revents & (POLLIN | POLLHUP)) != 0;
  }

  void take_signals() {
    auto seen = signals_.take();
    for (; seen.stops > 0 && !result_; --seen.stops)
      stop();
  }

  void stop() {
    if (options_.stop == on_stop::leave || stopped_) {
      leave();
      return;
    }
    stopped_ = true;
    question_.reset();
    auto sent = api_.post("/api/v1/runs/" + escape(options_.run) + "/cancel",
                          R"({"reason":"cancelled at the terminal"})");
    note_ = sent ? "Cancelling; press Ctrl-C again to leave it alone"
                 : "It cannot be cancelled: " + message_of(sent.error());
    if (!redraws_)
      in_.say(note_);
  }

  void leave() {
    screen_.clear();
    if (view_.end) {
      finish({});
      return;
    }
    in_.say("left run " + options_.run
            + (options_.own_machine
                 ? "; it stops with this machine and goes on when one is up: "
                   "themachine up"
                 : "; it goes on"));
    in_.say("come back: themachine run events " + options_.run
            + " --follow, or look: themachine run show " + options_.run);
    result_ = exit_code::interrupted;
  }

  void take_items() {
    for (auto& item : inbox_.take())
      std::visit([this](auto& x) { take(x); }, item);
  }

  void take(followed_event& x) {
    apply(view_, x.event);
    if (in_.global.json)
      in_.print_json(x.json);
    else if (!redraws_)
      in_.print(log_lines(view_, x.event));
  }

  void take(live_piece& x) {
    apply(view_, x);
  }

  void take(connection_lost& x) {
    note_ = "The machine is away (" + x.message + "); trying again";
    if (!redraws_)
      in_.say(note_);
  }

  void take(connection_restored&) {
    note_ = "";
    if (!redraws_)
      in_.say("the machine is back");
  }

  void take(follow_ended& x) {
    finish(x.problem);
  }

  void finish(const caf::error& problem) {
    if (redraws_) {
      auto size = screen_.size();
      size.height = 10'000;
      screen_.print(live_lines(view_, size, now()));
    }
    if (problem) {
      result_ = in_.complain(problem);
      return;
    }
    if (!in_.global.json) {
      auto lines = report_lines(view_, redraws_ ? screen_.size().width : 100);
      lines.insert(lines.begin(), line{});
      in_.print(lines);
    }
    result_ = exit_code::failed;
    if (!view_.end || view_.end->result == orchestrator::run_result::done)
      result_ = exit_code::ok;
    else if (view_.end->result == orchestrator::run_result::cancelled
             && stopped_)
      result_ = exit_code::interrupted;
  }

  void ask() {
    if (!asks_ || result_)
      return;
    if (question_ && !is_open(question_->id())) {
      question_.reset();
      screen_.print({{{""}}, {{"  That is settled now.", style::dim}}});
    }
    if (question_)
      return;
    for (auto& x : view_.questions)
      if (!put_aside_.contains(x.id)) {
        question_.emplace(x);
        auto width = screen_.size().width;
        screen_.print(question_->lines(width));
        screen_.prompt(question_->prompt());
        return;
      }
  }

  bool is_open(const std::string& id) const {
    for (auto& x : view_.questions)
      if (x.id == id)
        return true;
    return false;
  }

  void take_typing() {
    if (!question_ || !typed_)
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
    auto sent = api_.post("/api/v1/runs/" + escape(options_.run) + "/answers",
                          R"({"interrupt":)" + wire::to_json(question_->id())
                            + R"(,"answer":)" + answer->text + "}");
    if (sent) {
      // Until its event comes, it still counts as open.
      put_aside_.insert(question_->id());
      question_.reset();
    } else if (code_of(sent.error()) == ec::invalid_argument) {
      question_->restart();
      screen_.print({{{"  " + message_of(sent.error()), style::red}}});
      screen_.prompt(question_->prompt());
    } else {
      put_aside(message_of(sent.error()));
    }
  }

  /// Asks no more; the question stays open.
  void put_aside(const std::string& why) {
    put_aside_.insert(question_->id());
    std::vector<line> lines{{{""}}};
    if (!why.empty())
      lines.push_back({{"  " + why, style::red}});
    lines.push_back({{"  Answer it later: themachine run answer " + options_.run
                        + " " + question_->id(),
                      style::dim}});
    screen_.print(lines);
    question_.reset();
  }

  static timestamp now() {
    return std::chrono::time_point_cast<timestamp::duration>(
      std::chrono::system_clock::now());
  }

  void draw() {
    if (!redraws_ || question_ || result_)
      return;
    auto at = steady::now();
    if (at - drawn_at_ < frame_time)
      return;
    drawn_at_ = at;
    screen_.draw(live_lines(view_, screen_.size(), now(), note_));
  }

  const session& in_;
  const api_client& api_;
  watch_options options_;
  signal_watch signals_;
  inbox inbox_;
  screen screen_;
  bool redraws_;
  bool asks_;
  run_view view_;
  std::string note_;
  std::optional<question> question_;
  std::set<std::string> put_aside_;
  std::string pending_;
  bool typed_ = false;
  bool stopped_ = false;
  steady::time_point drawn_at_;
  std::optional<exit_code> result_;
};

} // namespace

exit_code watch(const session& in, const api_client& api,
                watch_options options) {
  return watcher{in, api, std::move(options)}.run();
}

} // namespace machine::cli
