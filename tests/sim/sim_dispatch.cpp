#include "tests/sim/dispatcher.hpp"

#include "runtime/error.hpp"

#include <map>
#include <optional>
#include <set>

namespace machine::sim {

namespace {

using namespace orchestrator;

constexpr size_t capacity = 3;

/// The rules of `dispatch/dispatch.cpp`, without actors.
class sim_dispatch final : public dispatcher, mortal {
public:
  explicit sim_dispatch(dispatch_host& host) : host_(host) {
    for (auto& at : host_.present())
      working_[at].ended = caf::error{};
  }

  void start(const std::string& run, attempt_order order) override {
    order.run = run;
    attempt_place at{run, order.activation};
    if (order.token <= newest(at))
      return;
    forget_waiting(at);
    auto i = working_.find(at);
    if (i == working_.end()) {
      admit(at, std::move(order));
      return;
    }
    i->second.next = std::move(order);
    if (!i->second.ended)
      i->second.handle->stop();
  }

  void stop(const attempt_place& at, uint64_t token) override {
    if (auto i = working_.find(at); i != working_.end()) {
      auto& there = i->second;
      if (there.next && there.next->token == token)
        there.next.reset();
      there.stops.insert(token);
      if (!there.ended && there.token == token)
        there.handle->stop();
      return;
    }
    if (auto i = places_.find(at);
        i != places_.end() && waiting_.at(i->second).token == token)
      forget_waiting(at);
    tell_stopped(at, token);
  }

  void probe(const attempt_place& at, uint64_t token) override {
    if (untold_.contains({at, token}))
      return;
    if (auto i = working_.find(at); i != working_.end()) {
      auto& there = i->second;
      if (there.token != token && !(there.next && there.next->token == token))
        there.lost.insert(token);
      return;
    }
    auto i = places_.find(at);
    if (i == places_.end() || waiting_.at(i->second).token != token)
      tell_lost(at, token);
  }

  void gone(const attempt_place& at) override {
    if (auto i = working_.find(at); i != working_.end()) {
      i->second.gone = true;
      settle(at);
    }
  }

private:
  struct worker {
    std::unique_ptr<worker_handle> handle;
    uint64_t token = 0;
    std::optional<caf::error> ended;
    bool gone = false;
    std::set<uint64_t> stops;
    std::set<uint64_t> lost;
    std::optional<attempt_order> next;
  };

  static bool is_own_work(const attempt_order& x) {
    return x.kind == attempt_kind::prepare || x.kind == attempt_kind::publish;
  }

  void begin(const attempt_place& at, attempt_order order) {
    auto& made = working_[at];
    made.token = order.token;
    made.handle =
      host_.spawn(at, order, life(), [this, at](const caf::error& reason) {
        on_down(at, reason);
      });
  }

  void fill() {
    while (!waiting_.empty() && working_.size() < capacity) {
      auto next = waiting_.extract(waiting_.begin());
      auto& order = next.mapped();
      attempt_place at{order.run, order.activation};
      places_.erase(at);
      begin(at, std::move(order));
    }
  }

  void admit(const attempt_place& at, attempt_order order) {
    if (is_own_work(order)) {
      begin(at, std::move(order));
      return;
    }
    places_.emplace(at, ++last_place_);
    waiting_.emplace(last_place_, std::move(order));
    fill();
  }

  void on_down(const attempt_place& at, const caf::error& reason) {
    auto i = working_.find(at);
    if (i == working_.end() || i->second.handle == nullptr)
      return;
    i->second.ended = reason;
    i->second.handle = nullptr;
    settle(at);
  }

  void settle(const attempt_place& at) {
    auto i = working_.find(at);
    if (i == working_.end() || !i->second.ended || !i->second.gone)
      return;
    auto was = std::move(i->second);
    working_.erase(i);
    auto failed = static_cast<bool>(*was.ended);
    if (failed && code_of(*was.ended) == ec::fenced)
      was.lost.insert(was.token);
    else if (failed && !was.stops.contains(was.token))
      tell_failure(at, was.token, *was.ended);
    for (auto token : was.lost)
      if (!was.stops.contains(token))
        tell_lost(at, token);
    for (auto token : was.stops)
      tell_stopped(at, token);
    if (was.next)
      admit(at, std::move(*was.next));
    fill();
  }

  void forget_waiting(const attempt_place& at) {
    if (auto i = places_.find(at); i != places_.end()) {
      waiting_.erase(i->second);
      places_.erase(i);
    }
  }

  uint64_t newest(const attempt_place& at) const {
    if (auto i = places_.find(at); i != places_.end())
      return waiting_.at(i->second).token;
    auto i = working_.find(at);
    if (i == working_.end())
      return 0;
    return i->second.next ? i->second.next->token : i->second.token;
  }

  void tell_end(const attempt_place& at, uint64_t token, run_command what) {
    std::pair end{at, token};
    untold_.insert(end);
    auto refused = [this, end](const caf::error& why) {
      untold_.erase(end);
      auto code = code_of(why);
      if (code == ec::fenced || code == ec::not_found)
        return;
      host_.tell(
        life(), end.first.run,
        cancel_run{"the machine", "the end of " + end.first.activation
                                    + " cannot be recorded"},
        [] {}, [](auto&) {});
    };
    host_.tell(
      life(), at.run, std::move(what), [this, end] { untold_.erase(end); },
      refused);
  }

  void tell_failure(const attempt_place& at, uint64_t token,
                    const caf::error& why) {
    fail_attempt failure;
    failure.activation = at.activation;
    failure.token = token;
    failure.code = to_string(code_of(why));
    failure.message = "the worker died: " + message_of(why);
    tell_end(at, token, std::move(failure));
  }

  void tell_lost(const attempt_place& at, uint64_t token) {
    tell_end(at, token, attempt_is_lost{at.activation, token});
  }

  void tell_stopped(const attempt_place& at, uint64_t token) {
    tell_end(at, token, attempt_is_stopped{at.activation, token});
  }

  dispatch_host& host_;
  std::map<attempt_place, worker> working_;
  std::map<uint64_t, attempt_order> waiting_;
  std::map<attempt_place, uint64_t> places_;
  uint64_t last_place_ = 0;
  std::set<std::pair<attempt_place, uint64_t>> untold_;
};

} // namespace

std::unique_ptr<dispatcher> make_dispatcher(dispatch_host& host) {
  return std::make_unique<sim_dispatch>(host);
}

} // namespace machine::sim
