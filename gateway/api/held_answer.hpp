#pragma once

#include "actors/messages.hpp"
#include "gateway/http/exchange.hpp"

#include <caf/actor.hpp>
#include <caf/actor_addr.hpp>
#include <caf/actor_cast.hpp>
#include <caf/send.hpp>

#include <atomic>
#include <mutex>

/// How an answer waits until it is stored. Included by keyed requests alone.
namespace machine::gateway {

/// The answer of a handler on its way to the client: it waits here until it is
/// stored, and leaves at the latest when nobody waits for that any more.
class held_answer {
public:
  explicit held_answer(responder_ptr to) : to_(std::move(to)) {}

  held_answer(const held_answer&) = delete;
  held_answer& operator=(const held_answer&) = delete;

  ~held_answer() {
    deliver();
  }

  void put(http_answer what) {
    std::lock_guard guard{mutex_};
    if (!what_)
      what_ = std::move(what);
  }

  std::optional<http_answer> look() const {
    std::lock_guard guard{mutex_};
    return what_;
  }

  void deliver() {
    std::unique_lock guard{mutex_};
    if (!what_ || std::exchange(left_, true))
      return;
    auto what = *what_;
    guard.unlock();
    to_->answer(std::move(what));
  }

private:
  const responder_ptr to_;
  mutable std::mutex mutex_;
  std::optional<http_answer> what_;
  bool left_ = false;
};

/// What a handler answers to: holds the answer, and tells the actor that has to
/// store it. A handler may keep it for longer than the machine lives.
class holding_responder final : public responder {
public:
  holding_responder(std::shared_ptr<held_answer> held, caf::actor_addr keeper)
      : held_(std::move(held)), keeper_(std::move(keeper)) {}

  holding_responder(const holding_responder&) = delete;
  holding_responder& operator=(const holding_responder&) = delete;

  ~holding_responder() override {
    if (!used_)
      problem(make_error(ec::internal, "nobody answered this request"));
  }

  void answer(http_answer what) override {
    if (used_.exchange(true))
      return;
    held_->put(std::move(what));
    if (auto keeper = caf::actor_cast<caf::actor>(keeper_))
      caf::anon_send(keeper, atom::ready_v);
    else
      held_->deliver();
  }

  std::shared_ptr<event_stream> stream_events() override {
    problem(make_error(ec::internal, "a route that keeps its answers cannot "
                                     "answer with a stream"));
    return nullptr;
  }

  std::shared_ptr<raw_stream> stream_raw(http_answer) override {
    holding_responder::stream_events();
    return nullptr;
  }

  /// The answer is kept for whoever asks again, so somebody waits always.
  void on_abandoned(std::function<void()>) override {}

private:
  std::shared_ptr<held_answer> held_;
  caf::actor_addr keeper_;
  std::atomic<bool> used_{false};
};

} // namespace machine::gateway
