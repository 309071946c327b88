#pragma once

#include "gateway/http/home.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <utility>
#include <vector>

/// Included by the parts of the server alone.
namespace machine::gateway {

using steady_time = std::chrono::steady_clock::time_point;

constexpr steady_time never = steady_time::max();

/// Something that lives on a lane.
class passenger {
public:
  virtual ~passenger() = default;

  /// Called with every tick: deadlines that have passed are acted upon.
  virtual void on_tick(steady_time now) = 0;

  /// Called after the jobs that asked for it; see `lane::flush_later`.
  virtual void on_flush() {}

  /// Called when the server is about to end: leaves the lane as soon as it can.
  virtual void on_drain() = 0;

  /// Called when the server ends, and nothing of the lane runs any more: leaves
  /// the lane.
  virtual void close_now() = 0;
};

/// One thread of the server with all its connections. What happens to a
/// connection happens on its lane, so nothing in it needs a lock.
class lane final : public socket_home {
public:
  using executor = boost::asio::io_context::executor_type;

  /// @param tick How often deadlines are looked at.
  explicit lane(std::chrono::milliseconds tick) : period_(tick) {
    this->tick();
  }

  lane(const lane&) = delete;
  lane& operator=(const lane&) = delete;

  boost::asio::io_context& io() {
    return io_;
  }

  bool is_here() {
    return io_.get_executor().running_in_this_thread();
  }

  /// Runs *job* on the lane, later, and in the order of the calls, whatever
  /// threads they come from; false once the server has stopped. What waited in
  /// the queue of a server that nobody runs would hold a connection, which
  /// holds the queue, for ever.
  bool post(std::function<void()> job) override {
    std::lock_guard guard{mutex_};
    if (stopped_)
      return false;
    queue_.push_back(std::move(job));
    if (queue_.size() == 1)
      boost::asio::post(io_, [this] { run_queue(); });
    return true;
  }

  /// Refuses what is posted from now on.
  void refuse_posts() {
    std::lock_guard guard{mutex_};
    stopped_ = true;
  }

  bool has_stopped() {
    std::lock_guard guard{mutex_};
    return stopped_;
  }

  /// On the lane: keeps *who* until it is removed.
  void add(std::shared_ptr<passenger> who) {
    passengers_.emplace(who.get(), std::move(who));
  }

  /// On the lane, or when it has stopped.
  void remove(passenger* who) {
    passengers_.erase(who);
  }

  /// On the lane: calls `on_flush` of *who* once what is being done is done, so
  /// that all that it was given meanwhile leaves together.
  void flush_later(std::shared_ptr<passenger> who) {
    to_flush_.push_back(std::move(who));
    if (!std::exchange(will_flush_, true))
      boost::asio::post(io_, [this] { flush(); });
  }

  /// Has everything on the lane come to its end. On the lane.
  void drain() {
    for (auto& one : everybody())
      one->on_drain();
  }

  /// Ends everything on a lane that nobody runs any more. The end of one thing
  /// may be the beginning of another.
  void close_all() {
    ticker_.cancel();
    to_flush_.clear();
    do {
      for (auto& one : everybody())
        one->close_now();
      io_.restart();
    } while (io_.poll() > 0);
  }

private:
  void flush() {
    will_flush_ = false;
    auto failure =
      each(std::exchange(to_flush_, {}), [](auto& one) { one->on_flush(); });
    if (failure)
      std::rethrow_exception(failure);
  }

  /// Calls *fn* with each of *things*: the failure of one is no reason to
  /// forget the others. The last failure, if there was one.
  template <class T, class Fn>
  static std::exception_ptr each(const std::vector<T>& things, Fn fn) {
    std::exception_ptr failure;
    for (auto& one : things)
      try {
        fn(one);
      } catch (...) {
        failure = std::current_exception();
      }
    return failure;
  }

  /// Asio alone would have jobs of the lane's own thread overtaken by others.
  void run_queue() {
    auto later = std::exchange(will_flush_, true);
    auto failure = each(take_queue(), [](auto& job) { job(); });
    if (later)
      will_flush_ = true;
    else
      flush();
    if (failure)
      std::rethrow_exception(failure);
  }

  std::vector<std::function<void()>> take_queue() {
    std::lock_guard guard{mutex_};
    return std::exchange(queue_, {});
  }

  std::vector<std::shared_ptr<passenger>> everybody() {
    std::vector<std::shared_ptr<passenger>> result;
    result.reserve(passengers_.size());
    for (auto& [name, who] : passengers_)
      result.push_back(who);
    return result;
  }

  void tick() {
    ticker_.expires_after(period_);
    ticker_.async_wait([this](boost::system::error_code code) {
      if (code)
        return;
      tick();
      auto now = std::chrono::steady_clock::now();
      auto failure = each(everybody(), [=](auto& one) { one->on_tick(now); });
      if (failure)
        std::rethrow_exception(failure);
    });
  }

  const std::chrono::milliseconds period_;
  boost::asio::io_context io_{1};
  boost::asio::steady_timer ticker_{io_};
  std::unordered_map<passenger*, std::shared_ptr<passenger>> passengers_;
  std::vector<std::shared_ptr<passenger>> to_flush_;
  bool will_flush_ = false;
  std::mutex mutex_;
  std::vector<std::function<void()>> queue_;
  bool stopped_ = false;
};

} // namespace machine::gateway
