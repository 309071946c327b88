#include "actors/models/scripted.hpp"

#include "actors/models/protocol.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

namespace machine::models {

namespace {

using clock = std::chrono::steady_clock;

/// Bytes of text in one piece of a stream.
constexpr size_t piece_bytes = 16;

/// One call that is being answered.
struct call_in_progress {
  call_options options;
  call_handlers how;
  call_outcome outcome{caf::error{}, std::nullopt, std::nullopt};
  std::string text;
  size_t said = 0;
  clock::time_point next;
  clock::time_point give_up;
  duration pause{0};
  bool hang = false;
};

class scripted_provider final : public provider {
public:
  scripted_provider(std::string name, script what)
      : name_(std::move(name)), script_(std::move(what)) {
    thread_ = std::thread{[this] { work(); }};
  }

  ~scripted_provider() override {
    {
      std::lock_guard guard{mutex_};
      stopping_ = true;
    }
    wakeup_.notify_one();
    thread_.join();
  }

  const std::string& name() const override {
    return name_;
  }

  call_id start(const chat_request& what, const call_options& options,
                call_handlers how) override {
    std::lock_guard guard{mutex_};
    auto id = ++last_id_;
    calls_.emplace(id, prepare(what, options, std::move(how)));
    wakeup_.notify_one();
    return id;
  }

  void cancel(call_id id) override {
    std::lock_guard guard{mutex_};
    if (auto i = calls_.find(id); i != calls_.end()) {
      i->second.hang = false;
      i->second.text.clear();
      i->second.said = 0;
      i->second.outcome.response =
        make_error(ec::cancelled, "the call was cancelled");
      i->second.outcome.accepted = true;
      i->second.next = clock::now();
      wakeup_.notify_one();
    }
  }

private:
  call_in_progress prepare(const chat_request& what,
                           const call_options& options, call_handlers how) {
    call_in_progress call;
    call.options = options;
    call.how = std::move(how);
    call.next = clock::now();
    call.give_up = call.next + options.idle_timeout;
    if (auto why = call.how.on_leave ? call.how.on_leave() : caf::error{}) {
      call.outcome.response = std::move(why);
      return call;
    }
    auto* rule = find_rule(script_, what);
    if (rule == nullptr) {
      auto last = what.messages.empty()
                  ? std::string{}
                  : what.messages.back().content.substr(0, 200);
      call.outcome.response =
        make_error(ec::provider_rejected,
                   "the script of " + name_
                     + " has no answer to this; the last message is: " + last);
      return call;
    }
    call.next += rule->delay;
    call.hang = rule->hang || rule->delay > options.idle_timeout;
    if (rule->fail) {
      auto& failed = failures_[rule];
      if (!rule->fail->times || failed < *rule->fail->times) {
        ++failed;
        call.outcome =
          outcome_of_status(name_, rule->fail->status, rule->fail->retry_after,
                            "the script says so");
        return call;
      }
    }
    auto answer = answer_of(*rule, what, options.model);
    call.text = answer.message.content;
    call.pause = duration{static_cast<int64_t>(1'000.0 * piece_bytes / 4
                                               / script_.tokens_per_second)};
    if (rule->cut_after && *rule->cut_after < call.text.size()) {
      call.text.resize(*rule->cut_after);
      call.outcome.response =
        make_error(ec::provider_interrupted,
                   name_ + " broke off in the middle of its answer");
      call.outcome.accepted = true;
      return call;
    }
    call.outcome.usage = answer.usage;
    call.outcome.accepted = true;
    call.outcome.response = std::move(answer);
    return call;
  }

  /// What a call is due to do now.
  struct due {
    call_handlers how;
    std::string piece;
    std::optional<call_outcome> end;
  };

  void work() {
    std::unique_lock lock{mutex_};
    while (!stopping_) {
      auto now = clock::now();
      auto next = now + std::chrono::seconds{60};
      std::vector<due> all;
      for (auto i = calls_.begin(); i != calls_.end();) {
        auto ended = false;
        auto& call = i->second;
        auto at = call.hang ? call.give_up : call.next;
        if (at <= now)
          ended = advance(call, now, all);
        if (!ended)
          next = std::min(next, call.hang ? call.give_up : call.next);
        i = ended ? calls_.erase(i) : std::next(i);
      }
      if (all.empty()) {
        wakeup_.wait_until(lock, next);
        continue;
      }
      lock.unlock();
      for (auto& x : all)
        tell(x);
      lock.lock();
    }
    auto left = std::exchange(calls_, {});
    lock.unlock();
    for (auto& [id, call] : left)
      call.how.on_done(
        {make_error(ec::cancelled, "the machine stops"), {}, {}});
  }

  /// @returns whether the call has ended.
  bool advance(call_in_progress& call, clock::time_point now,
               std::vector<due>& out) {
    if (call.hang) {
      call.outcome.response = make_error(
        ec::timeout, name_ + " was silent for "
                       + std::to_string(call.options.idle_timeout.count())
                       + " ms");
      call.outcome.usage.reset();
      call.outcome.accepted = true;
      out.push_back({call.how, {}, std::move(call.outcome)});
      return true;
    }
    if (call.said < call.text.size()) {
      auto end = std::min(call.said + piece_bytes, call.text.size());
      // Not in the middle of a character.
      while (end < call.text.size()
             && (static_cast<unsigned char>(call.text[end]) & 0xC0) == 0x80)
        ++end;
      out.push_back(
        {call.how, call.text.substr(call.said, end - call.said), {}});
      call.said = end;
      call.next = now + call.pause;
      return false;
    }
    out.push_back({call.how, {}, std::move(call.outcome)});
    return true;
  }

  static void tell(due& x) {
    if (!x.piece.empty() && x.how.on_delta)
      x.how.on_delta({answer_delta::kind_type::text, std::move(x.piece)});
    if (!x.end)
      return;
    if (x.end->response && x.how.on_delta)
      for (auto& delta : deltas_of(*x.end->response))
        if (delta.kind != answer_delta::kind_type::text)
          x.how.on_delta(delta);
    x.how.on_done(std::move(*x.end));
  }

  const std::string name_;
  const script script_;
  std::mutex mutex_;
  std::condition_variable wakeup_;
  std::map<call_id, call_in_progress> calls_;
  std::map<const script_rule*, uint32_t> failures_;
  call_id last_id_ = 0;
  bool stopping_ = false;
  std::thread thread_;
};

} // namespace

std::shared_ptr<provider> make_scripted(std::string name, script what) {
  return std::make_shared<scripted_provider>(std::move(name), std::move(what));
}

} // namespace machine::models
