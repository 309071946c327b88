#include "deploy/cli/watch.hpp"

#include "deploy/cli/asker.hpp"
#include "deploy/cli/inbox.hpp"
#include "deploy/cli/record.hpp"
#include "deploy/cli/terminal.hpp"
#include "deploy/cli/view.hpp"
#include "runtime/wire/wire.hpp"

#include <ostream>

#include <poll.h>
#include <unistd.h>

namespace machine::cli {

namespace {

using steady = std::chrono::steady_clock;

constexpr auto frame_time = std::chrono::milliseconds{100};
constexpr auto between_cancels = std::chrono::milliseconds{500};

class watcher {
public:
  watcher(const session& in, machine_link& machine, signal_watch& signals,
          watch_options options)
      : in_(in), machine_(machine), options_(std::move(options)),
        signals_(signals), screen_(STDOUT_FILENO, in.colours),
        redraws_(!in.global.json && is_redrawable(STDOUT_FILENO)),
        asks_(redraws_ && ::isatty(STDIN_FILENO) == 1),
        asker_(
          screen_, [this](auto& id, auto& what) { return answer(id, what); },
          "themachine run answer " + options_.run, in_.again) {
    view_.id = options_.run;
    view_.again = in_.again;
    view_.scripted = scripted_models();
    machine_.listen([this](link_news x) { inbox_.put(std::move(x)); });
  }

  watcher(const watcher&) = delete;
  watcher& operator=(const watcher&) = delete;

  ~watcher() {
    machine_.listen({});
  }

  exit_code run() {
    follower from{in_.http,
                  {.run = options_.run, .after = options_.after},
                  [this] { return machine_.locate(); },
                  [this](follow_item x) { inbox_.put(std::move(x)); }};
    while (!result_) {
      wait();
      take_signals();
      take_items();
      if (to_cancel_ && !result_ && steady::now() >= cancel_at_)
        cancel();
      if (typed_)
        asker_.take_typing();
      ask();
      draw();
    }
    return *result_;
  }

private:
  std::set<std::string> scripted_models() const {
    std::set<std::string> result;
    auto body = machine_.api().get("/api/v1/models");
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
    auto asking = asker_.is_asking();
    auto timeout = redraws_ && !asking ? static_cast<int>(frame_time.count())
                 : to_cancel_ ? static_cast<int>(between_cancels.count())
                              : -1;
    static_cast<void>(::poll(what.data(), asking ? 3 : 2, timeout));
    typed_ = asking && (what[2].revents & (POLLIN | POLLHUP)) != 0;
  }

  void take_signals() {
    auto seen = signals_.take();
    if (seen.must_end)
      leave();
    for (; seen.interrupts > 0 && !result_; --seen.interrupts)
      stop();
  }

  void stop() {
    if (options_.stop == on_stop::leave || stopped_) {
      leave();
      return;
    }
    stopped_ = true;
    asker_.drop();
    cancel();
  }

  void cancel() {
    auto sent = post("/cancel", R"({"reason":"cancelled at the terminal"})");
    auto waited = std::exchange(to_cancel_, !sent && is_away(sent.error()));
    cancel_at_ = steady::now() + between_cancels;
    if (waited && to_cancel_)
      return;
    if (sent)
      tell("Cancelling; press Ctrl-C again to leave it alone");
    else if (to_cancel_)
      tell("It is cancelled when the machine is back; press Ctrl-C again to "
           "leave it alone");
    else
      tell("It cannot be cancelled: " + message_of(sent.error()));
  }

  caf::expected<std::string> post(const std::string& what, std::string body) {
    return machine_.api().post("/api/v1/runs/" + escape(options_.run) + what,
                               std::move(body));
  }

  void tell(std::string note) {
    note_ = std::move(note);
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
            + (machine_.is_own()
                 ? "; it stops with this machine and goes on when one is up: "
                   "themachine up"
                     + in_.again
                 : "; it goes on"));
    say_how_to_come_back();
    result_ = exit_code::interrupted;
  }

  void say_how_to_come_back() const {
    in_.say("come back: themachine run events " + options_.run + " --follow"
            + in_.again);
    in_.say("look:      themachine run show " + options_.run + in_.again);
  }

  void take_items() {
    for (auto& item : inbox_.take())
      std::visit([this](auto& x) { take(x); }, item);
  }

  void take(follow_item& x) {
    std::visit([this](auto& y) { take(y); }, x);
  }

  void take(link_news& x) {
    if (x.what == link_news::kind::taken_over) {
      tell("The machine of another command ended with it; the run goes on in "
           "one of this command's own");
      return;
    }
    // A run that has ended needs no machine.
    if (result_ || view_.end)
      return;
    screen_.clear();
    result_ = exit_code::unavailable;
    if (x.why)
      result_ = in_.complain(x.why);
    else
      in_.say("the machine in this process was stopped; run " + options_.run
              + " goes on when one is up: themachine up" + in_.again);
    say_how_to_come_back();
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
    tell("The machine is away (" + x.message + "); trying again");
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
    if (asks_ && !stopped_ && !result_)
      asker_.look_at(
        view_, [this] { return live_lines(view_, screen_.size(), now()); });
  }

  caf::error answer(const std::string& id, const json_text& what) {
    auto sent = post("/answers", R"({"interrupt":)" + wire::to_json(id)
                                   + R"(,"answer":)" + what.text + "}");
    return sent ? caf::error{} : std::move(sent.error());
  }

  static timestamp now() {
    return std::chrono::time_point_cast<timestamp::duration>(
      std::chrono::system_clock::now());
  }

  void draw() {
    if (!redraws_ || asker_.is_asking() || result_)
      return;
    auto at = steady::now();
    if (at - drawn_at_ < frame_time)
      return;
    drawn_at_ = at;
    screen_.draw(live_lines(view_, screen_.size(), now(), note_));
  }

  const session& in_;
  machine_link& machine_;
  watch_options options_;
  signal_watch& signals_;
  inbox inbox_;
  screen screen_;
  bool redraws_;
  bool asks_;
  run_view view_;
  std::string note_;
  asker asker_;
  bool typed_ = false;
  bool stopped_ = false;
  /// Somebody wants it cancelled, and the machine does not know yet.
  bool to_cancel_ = false;
  steady::time_point cancel_at_;
  steady::time_point drawn_at_;
  std::optional<exit_code> result_;
};

} // namespace

exit_code watch(const session& in, machine_link& machine, signal_watch& signals,
                watch_options options) {
  return watcher{in, machine, signals, std::move(options)}.run();
}

} // namespace machine::cli
