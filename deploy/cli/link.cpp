#include "deploy/cli/link.hpp"

#include "deploy/cli/whereabouts.hpp"

#include <chrono>

#include <poll.h>

namespace machine::cli {

namespace {

using steady = std::chrono::steady_clock;

/// A machine that has the store serves after that long, or never will.
constexpr auto longest_start = std::chrono::seconds{10};
constexpr int between_looks_ms = 50;

} // namespace

machine_link::machine_link(const session& in, machine_starter start)
    : in_(in),
      start_(in.how.is_usual() ? std::move(start) : machine_starter{}) {}

machine_link::~machine_link() {
  static_cast<void>(stop());
}

caf::error machine_link::connect(signal_watch& signals) {
  auto give_up = steady::now() + longest_start;
  for (;;) {
    auto up = find_machine(in_);
    std::lock_guard guard{mutex_};
    if (up) {
      where_ = up->where();
      is_fresh_ = true;
      return {};
    }
    if (!start_ || code_of(up.error()) != ec::unavailable)
      return std::move(up.error());
    auto problem = start_own();
    // Another process may be about to serve, or about to end.
    if (code_of(problem) != ec::locked || steady::now() > give_up)
      return problem;
    pollfd what{signals.descriptor(), POLLIN, 0};
    static_cast<void>(::poll(&what, 1, between_looks_ms));
    if (signals.take().stops())
      return make_error(ec::cancelled, "stopped before the run began");
  }
}

caf::expected<endpoint> machine_link::locate() {
  std::unique_lock guard{mutex_};
  if (own_ || std::exchange(is_fresh_, false))
    return where_;
  auto there = endpoint_of(in_);
  if (there && *there != where_) {
    where_ = *there;
    return where_;
  }
  if (!where_.transient || !start_ || stopping_)
    return there;
  if (auto problem = start_own()) {
    if (code_of(problem) == ec::locked)
      return there;
    return problem;
  }
  auto result = where_;
  guard.unlock();
  tell({link_news::kind::taken_over, {}});
  return result;
}

api_client machine_link::api() {
  std::lock_guard guard{mutex_};
  if (!own_)
    if (auto there = endpoint_of(in_))
      where_ = std::move(*there);
  return api_client{in_.http, where_};
}

bool machine_link::is_own() const {
  std::lock_guard guard{mutex_};
  return own_ != nullptr;
}

void machine_link::listen(listener to) {
  std::lock_guard guard{listening_};
  listener_ = std::move(to);
}

caf::error machine_link::stop() {
  {
    std::lock_guard guard{mutex_};
    stopping_ = true;
    if (!own_)
      return {};
    own_->stop();
  }
  if (waiting_.joinable())
    waiting_.join();
  std::lock_guard guard{mutex_};
  own_ = nullptr;
  return std::exchange(ended_, {});
}

/// To be called with the lock.
caf::error machine_link::start_own() {
  auto started = start_();
  if (!started)
    return std::move(started.error());
  own_ = std::move(*started);
  where_ = own_->endpoint();
  waiting_ = std::thread{[this, own = own_.get()] {
    auto why = own->wait();
    {
      std::lock_guard guard{mutex_};
      if (stopping_) {
        ended_ = std::move(why);
        return;
      }
    }
    tell({link_news::kind::ended, std::move(why)});
  }};
  return {};
}

void machine_link::tell(link_news what) {
  std::lock_guard guard{listening_};
  if (listener_)
    listener_(std::move(what));
}

} // namespace machine::cli
