#include "deploy/cli/commands.hpp"
#include "deploy/cli/mcp_courier.hpp"
#include "deploy/cli/pages.hpp"
#include "deploy/cli/whereabouts.hpp"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <iostream>
#include <mutex>
#include <thread>

/// `themachine mcp`: what a program says on the standard input goes to the
/// machine, what the machine says comes out, a message of MCP a line.
namespace machine::cli {

namespace {

namespace mcp = gateway::mcp;

constexpr size_t max_line = 4u << 20;
constexpr size_t max_waiting_lines = 64;
constexpr size_t max_under_way = 64;

/// How long answers are waited for when nobody asks any more.
constexpr std::chrono::seconds patience{10};

/// A message on its way.
struct errand {
  mcp::message what;
  std::string text;
  net::client::request_id request = 0;
  /// Whether the machine was looked for again for it.
  bool again = false;
  /// Whether the client does not want the answer any more.
  bool is_off = false;
  /// Of the client's thread, until it ends.
  mcp_answer answer;
  bool answered = false;
};

using errand_ptr = std::shared_ptr<errand>;

/// Something for the thread that speaks.
struct news {
  enum class kind : uint8_t { line, too_long, end, message, done, silence };

  kind what = kind::end;
  std::string text;
  errand_ptr of;
  caf::error why;
};

class news_queue {
public:
  void put(news x) {
    std::lock_guard guard{mutex_};
    waiting_.push_back(std::move(x));
    changed_.notify_all();
  }

  /// Of the reader, who waits for place.
  void put_line(news x) {
    std::unique_lock lock{mutex_};
    changed_.wait(lock,
                  [this] { return lines_ < max_waiting_lines || closed_; });
    if (closed_)
      return;
    ++lines_;
    waiting_.push_back(std::move(x));
    changed_.notify_all();
  }

  /// Whether what was read is wanted.
  enum class take_lines : uint8_t { yes, no };

  /// None: nothing has come until *end*.
  std::optional<news> take(take_lines lines,
                           std::chrono::steady_clock::time_point end) {
    std::unique_lock lock{mutex_};
    for (;;) {
      for (auto i = waiting_.begin(); i != waiting_.end(); ++i) {
        auto is_line = i->what <= news::kind::end;
        if (is_line && lines == take_lines::no)
          continue;
        auto result = std::move(*i);
        waiting_.erase(i);
        lines_ -= is_line ? 1 : 0;
        changed_.notify_all();
        return result;
      }
      if (changed_.wait_until(lock, end) == std::cv_status::timeout)
        return std::nullopt;
    }
  }

  void close() {
    std::lock_guard guard{mutex_};
    closed_ = true;
    changed_.notify_all();
  }

private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<news> waiting_;
  size_t lines_ = 0;
  bool closed_ = false;
};

using queue_ptr = std::shared_ptr<news_queue>;

/// Reads lines until there are no more.
void read_lines(const queue_ptr& to) {
  auto* from = std::cin.rdbuf();
  std::string line;
  auto too_long = false;
  for (;;) {
    auto c = from->sbumpc();
    auto is_end = c == std::char_traits<char>::eof();
    if (!is_end && c != '\n') {
      too_long = too_long || line.size() == max_line;
      if (!too_long)
        line += static_cast<char>(c);
      continue;
    }
    if (too_long)
      to->put_line({news::kind::too_long, "", nullptr, {}});
    else if (line.find_first_not_of(" \t\r") != line.npos)
      to->put_line({news::kind::line, std::move(line), nullptr, {}});
    line.clear();
    too_long = false;
    if (is_end) {
      to->put_line({news::kind::end, "", nullptr, {}});
      return;
    }
  }
}

bool is_answer_to(const std::string& id, std::string_view text) {
  auto parsed = mcp::parse_message(text);
  auto* what = std::get_if<mcp::message>(&parsed);
  return what != nullptr && what->id == id
      && (what->what == mcp::message::kind::result
          || what->what == mcp::message::kind::error);
}

class bridge {
public:
  bridge(const session& in, endpoint where)
      : in_(in), where_(std::move(where)) {}

  bridge(const bridge&) = delete;
  bridge& operator=(const bridge&) = delete;

  caf::error run() {
    // It may wait for a line that never comes; nothing of this is its own.
    std::thread{read_lines, queue_}.detach();
    auto never = std::chrono::steady_clock::time_point::max();
    for (auto ended = false; !ended && in_.to.out;) {
      auto lines = under_way_.size() < max_under_way && !is_greeting_
                   ? news_queue::take_lines::yes
                   : news_queue::take_lines::no;
      auto x = queue_->take(lines, never);
      ended = x && x->what == news::kind::end;
      if (x)
        handle(std::move(*x));
    }
    finish();
    return in_.to.out ? caf::error{}
                      : make_error(ec::io_failed,
                                   "the standard output cannot be written to");
  }

private:
  void handle(news x) {
    switch (x.what) {
      case news::kind::line: take(std::move(x.text)); break;
      case news::kind::too_long:
        say(mcp_failure("null", make_error(ec::limit_exceeded,
                                           "a line has more than 4 MiB")));
        break;
      case news::kind::message: say(x.text); break;
      case news::kind::done: conclude(x.of, std::move(x.why)); break;
      case news::kind::silence: listening_.reset(); break;
      case news::kind::end: break;
    }
  }

  /// Writes a message.
  void say(const std::string& text) {
    in_.to.out << text << '\n' << std::flush;
  }

  void take(std::string text) {
    auto parsed = mcp::parse_message(text);
    if (auto* problem = std::get_if<mcp::refusal>(&parsed)) {
      say(mcp::error_message(problem->id, problem->why));
      return;
    }
    auto x = std::make_shared<errand>();
    x->what = std::get<mcp::message>(std::move(parsed));
    x->text = std::move(text);
    if (auto id = called_off(x->what)) {
      for (auto& other : under_way_)
        if (other->what.id == *id)
          call_off(*other);
      // Who has no session does so by hanging up, and in no other way.
      if (terms_.session.empty())
        return;
    }
    if (x->what.method == "initialize")
      is_greeting_ = true;
    send(x);
    listen();
  }

  void call_off(errand& x) {
    x.is_off = true;
    if (terms_.session.empty())
      in_.http.cancel(x.request);
  }

  void send(const errand_ptr& x) {
    if (!x->again)
      under_way_.push_back(x);
    x->request = in_.http.start(
      mcp_post(where_, terms_, x->what, x->text),
      {{},
       [x](const net::response_head& head) { x->answer.begin(head); },
       [x, to = queue_](std::string_view data) {
         auto messages = x->answer.feed(data);
         if (!messages)
           return;
         for (auto& text : *messages) {
           x->answered = x->answered || is_answer_to(x->what.id, text);
           to->put({news::kind::message, std::move(text), nullptr, {}});
         }
       },
       [x, to = queue_](caf::error why) {
         to->put({news::kind::done, "", x, std::move(why)});
       }});
  }

  void conclude(const errand_ptr& x, caf::error why) {
    if (!x->again && is_lost(*x, why) && find_again(*x)) {
      x->again = true;
      send(x);
      return;
    }
    std::erase(under_way_, x);
    auto& answer = x->answer;
    if (x->what.method == "initialize") {
      is_greeting_ = false;
      if (!answer.session().empty()) {
        terms_ = {answer.session(), version_in(answer.body())};
        greeting_ = x->text;
      }
    }
    auto text = answer.end();
    if (text && !x->is_off)
      say(*text);
    else if (!x->is_off && !x->answered)
      complain(*x, why);
    listen();
  }

  /// Says why there is no answer, to whom it concerns.
  void complain(const errand& x, caf::error why) {
    auto status = x.answer.status();
    if (!why && status >= 400)
      why = problem_of(status, x.answer.body());
    auto is_request = x.what.what == mcp::message::kind::request;
    if (!why && is_request)
      why = make_error(ec::unavailable, "the machine ended this answer early");
    if (why && is_request)
      say(mcp_failure(x.what.id, why));
    else if (why)
      in_.say("the machine did not take " + x.what.method + ": "
              + message_of(why));
  }

  /// Whether the machine did not get it, or is another one now.
  static bool is_lost(const errand& x, const caf::error& why) {
    if (why)
      return code_of(why) == ec::unavailable;
    return x.answer.status() == 401 || x.answer.status() == 404;
  }

  /// Looks for the machine, and greets it in the client's words; false if
  /// there is nothing new.
  bool find_again(const errand& x) {
    auto there = endpoint_of(in_);
    auto is_new = there && *there != where_;
    if (is_new)
      where_ = std::move(*there);
    if (terms_.session.empty() || x.what.method == "initialize")
      return is_new;
    // It does not know the session any more.
    auto parsed = mcp::parse_message(greeting_);
    auto* what = std::get_if<mcp::message>(&parsed);
    if (what == nullptr)
      return is_new;
    auto again = in_.http.fetch(mcp_post(where_, {}, *what, greeting_));
    if (!again || again->head.status != 200)
      return is_new;
    terms_ = {again->head.header("mcp-session-id").value_or(""),
              version_in(again->body)};
    return !terms_.session.empty();
  }

  /// Hears what the machine says by itself.
  void listen() {
    if (listening_ || terms_.session.empty())
      return;
    auto answer = std::make_shared<mcp_answer>();
    listening_ = in_.http.start(
      mcp_listen(where_, terms_),
      {{},
       [answer](const net::response_head& head) { answer->begin(head); },
       [answer, to = queue_](std::string_view data) {
         auto messages = answer->feed(data);
         if (messages)
           for (auto& text : *messages)
             to->put({news::kind::message, std::move(text), nullptr, {}});
       },
       [to = queue_](const caf::error&) {
         to->put({news::kind::silence, "", nullptr, {}});
       }});
  }

  /// Nobody asks any more: what was asked is answered, and that is all.
  void finish() {
    for (auto& x : under_way_)
      if (x->what.method == "subscriptions/listen") {
        x->is_off = true;
        in_.http.cancel(x->request);
      }
    auto end = std::chrono::steady_clock::now() + patience;
    while (!under_way_.empty() && in_.to.out) {
      auto x = queue_->take(news_queue::take_lines::no, end);
      if (!x)
        break;
      handle(std::move(*x));
    }
    queue_->close();
    for (auto& x : under_way_)
      in_.http.cancel(x->request);
    if (listening_)
      in_.http.cancel(*listening_);
    if (!terms_.session.empty())
      static_cast<void>(in_.http.fetch(mcp_leave(where_, terms_)));
  }

  const session& in_;
  endpoint where_;
  mcp_terms terms_;
  /// What the client said to begin with.
  std::string greeting_;
  bool is_greeting_ = false;
  queue_ptr queue_ = std::make_shared<news_queue>();
  std::vector<errand_ptr> under_way_;
  std::optional<net::client::request_id> listening_;
};

} // namespace

exit_code perform(const session& in, const mcp_command&) {
  return with_machine(in, [&](const api_client& api) {
    return bridge{in, api.where()}.run();
  });
}

} // namespace machine::cli
