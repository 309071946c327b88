#pragma once

#include "actors/models/exchange.hpp"
#include "actors/models/key_wheel.hpp"
#include "actors/models/provider_keys.hpp"
#include "runtime/clock.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

/// What `http_provider.cpp` is made of.
namespace machine::models {

/// Bound on the models whose limits are remembered.
constexpr size_t max_wheels = 1'024;

/// A call that has not ended.
struct call_entry {
  /// Its request that is under way; none between two.
  std::optional<net::client::request_id> request;
  /// How many requests were begun for it.
  uint64_t attempts = 0;
  bool cancelled = false;
};

/// What the calls of a provider share. They may outlive it; the client outlives
/// them.
struct provider_core {
  provider_entry about;
  std::vector<provider_key> keys;
  endpoint place;
  std::shared_ptr<const protocol> speaks;
  net::client* http = nullptr;
  net::address_policy addresses{};
  std::vector<uint32_t> weights;
  rate_limits limits;
  std::mutex mutex;
  /// By model: that is what providers limit.
  std::map<std::string, std::shared_ptr<key_wheel>> wheels;
  std::map<provider::call_id, call_entry> calls;
  provider::call_id last_id = 0;

  provider::call_id open() {
    std::lock_guard guard{mutex};
    calls.emplace(++last_id, call_entry{});
    return last_id;
  }

  void close(provider::call_id id) {
    std::lock_guard guard{mutex};
    calls.erase(id);
  }

  std::shared_ptr<key_wheel> wheel_of(const std::string& model) {
    std::lock_guard guard{mutex};
    // Calls that are under way keep theirs.
    if (wheels.size() >= max_wheels && !wheels.contains(model))
      wheels.clear();
    auto& wheel = wheels[model];
    if (wheel == nullptr)
      wheel = std::make_shared<key_wheel>(weights, limits);
    return wheel;
  }

  /// Begins the next request of a call, unless it was cancelled.
  std::optional<uint64_t> next_attempt(provider::call_id id) {
    std::lock_guard guard{mutex};
    auto i = calls.find(id);
    if (i == calls.end() || i->second.cancelled)
      return std::nullopt;
    i->second.request.reset();
    return ++i->second.attempts;
  }

  /// Its handlers may have run by now.
  void started(provider::call_id id, uint64_t attempt,
               net::client::request_id request) {
    {
      std::lock_guard guard{mutex};
      auto i = calls.find(id);
      if (i == calls.end() || i->second.attempts != attempt)
        return;
      i->second.request = request;
      if (!i->second.cancelled)
        return;
    }
    http->cancel(request);
  }

  void cancel(provider::call_id id) {
    std::optional<net::client::request_id> request;
    {
      std::lock_guard guard{mutex};
      auto i = calls.find(id);
      if (i == calls.end())
        return;
      i->second.cancelled = true;
      request = i->second.request;
    }
    if (request)
      http->cancel(*request);
  }
};

/// Whether another key may do better.
inline bool is_of_key(fault_kind x) {
  return x == fault_kind::key_refused || x == fault_kind::no_credit
      || x == fault_kind::rate_limited;
}

/// What is asked once, with one key after the other until one is not refused.
template <class Answer>
class provider_job : public std::enable_shared_from_this<provider_job<Answer>> {
public:
  using maker =
    std::function<std::unique_ptr<exchange<Answer>>(exchange_facts)>;
  using handler = std::function<void(outcome_of<Answer>)>;

  provider_job(std::shared_ptr<provider_core> of, provider::call_id id,
               const std::string& model, net::request request, uint64_t tokens,
               maker make, std::function<caf::error()> leave, handler done)
      : of_(std::move(of)), id_(id), wheel_(of_->wheel_of(model)),
        request_(std::move(request)), tokens_(tokens), make_(std::move(make)),
        leave_(std::move(leave)), done_(std::move(done)),
        deadline_(steady_now() + request_.total_timeout) {}

  void attempt() {
    auto turn = next_turn();
    if (!turn.key) {
      done_(last_ ? std::move(*last_) : all_wait(turn.wait));
      return;
    }
    key_ = *turn.key;
    ticket_ = turn.ticket;
    tried_.insert(key_);
    auto number = of_->next_attempt(id_);
    if (!number) {
      conclude({make_error(ec::cancelled, "the call was cancelled"),
                std::nullopt, std::nullopt});
      return;
    }
    auto request = request_;
    auto& key = of_->keys[key_].text;
    if (auto problem = authorize(request, of_->place, key, wall_clock())) {
      outcome_of<Answer> outcome{with_context(of_->about.name, problem),
                                 std::nullopt, std::nullopt};
      outcome.fault = fault_kind::key_refused;
      conclude(std::move(outcome));
      return;
    }
    request.total_timeout = std::max(
      duration{1}, std::chrono::ceil<duration>(deadline_ - steady_now()));
    exchange_ = make_({of_->about.name, key, of_->speaks});
    auto me = this->shared_from_this();
    net::handlers handlers;
    handlers.on_connected = [me] { return me->leave(); };
    handlers.on_head = [me](auto& head) { me->hear(head); };
    handlers.on_data = [me](auto data) { me->exchange_->on_data(data); };
    handlers.on_done = [me](const caf::error& why) {
      me->conclude(me->exchange_->end(why));
    };
    of_->started(id_, *number,
                 of_->http->start(std::move(request), std::move(handlers)));
  }

private:
  key_wheel::turn next_turn() {
    std::lock_guard guard{of_->mutex};
    return wheel_->take(tokens_, steady_now(), tried_);
  }

  caf::error leave() {
    auto why = leave_ ? leave_() : caf::error{};
    if (!why)
      exchange_->on_connected();
    return why;
  }

  void hear(const net::response_head& head) {
    auto rates = exchange_->on_head(head);
    std::lock_guard guard{of_->mutex};
    wheel_->hear(key_, ticket_, rates, steady_now());
  }

  void conclude(outcome_of<Answer> outcome) {
    auto again = settle(outcome);
    remember(std::move(outcome));
    if (again)
      attempt();
    else
      done_(std::move(*last_));
  }

  /// Tells the wheel how it went; whether another key may do better.
  bool settle(const outcome_of<Answer>& outcome) {
    std::optional<uint64_t> used;
    if (outcome.usage)
      used = sum_of_tokens(
        {prompt_tokens(*outcome.usage), answer_tokens(*outcome.usage)});
    auto now = steady_now();
    auto blames_key = is_of_key(outcome.fault);
    std::lock_guard guard{of_->mutex};
    wheel_->settle(key_, ticket_, used, now);
    if (outcome.response)
      wheel_->accept(key_);
    else if (outcome.fault == fault_kind::rate_limited)
      wheel_->pause(key_, outcome.retry_after, now);
    else if (blames_key)
      wheel_->refuse(key_, now);
    return blames_key && !outcome.accepted && tried_.size() < of_->keys.size()
        && now < deadline_;
  }

  /// Of several refusals the one that passes counts, with the shortest wait.
  void remember(outcome_of<Answer> outcome) {
    if (!last_) {
      last_ = std::move(outcome);
      return;
    }
    auto wait = last_->retry_after;
    if (outcome.retry_after && (!wait || *outcome.retry_after < *wait))
      wait = outcome.retry_after;
    auto is_worse = last_->fault == fault_kind::rate_limited
                 && is_of_key(outcome.fault)
                 && outcome.fault != fault_kind::rate_limited;
    if (!is_worse)
      last_ = std::move(outcome);
    if (last_->fault == fault_kind::rate_limited)
      last_->retry_after = wait;
  }

  outcome_of<Answer> all_wait(duration wait) const {
    auto name = of_->about.name;
    auto whose = of_->keys.size() > 1 ? "every key of " + name : name;
    outcome_of<Answer> outcome{
      make_error(ec::provider_rate_limited,
                 whose + " has had enough requests for now, and waits "
                   + std::to_string(wait.count()) + " ms more"),
      wait, std::nullopt};
    outcome.fault = fault_kind::rate_limited;
    return outcome;
  }

  const std::shared_ptr<provider_core> of_;
  const provider::call_id id_;
  /// Under the mutex of `of_`.
  const std::shared_ptr<key_wheel> wheel_;
  const net::request request_;
  const uint64_t tokens_;
  const maker make_;
  const std::function<caf::error()> leave_;
  const handler done_;
  const timestamp deadline_;
  std::unique_ptr<exchange<Answer>> exchange_;
  std::set<size_t> tried_;
  size_t key_ = 0;
  rate_ticket ticket_;
  std::optional<outcome_of<Answer>> last_;
};

} // namespace machine::models
