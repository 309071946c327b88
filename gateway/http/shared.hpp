#pragma once

#include "gateway/http/server.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>

/// Included by the parts of the server alone.
namespace machine::gateway {

/// Something that the end of the server closes.
class closable {
public:
  virtual ~closable() = default;

  /// Called when no thread of the server runs any more.
  virtual void close_now() = 0;
};

/// What all connections of a server share.
struct server_shared {
  server_options options;
  route_table routes;
  boost::asio::io_context io;
  uint16_t port = 0;
  std::atomic<size_t> connections{0};

  /// Runs *job* on the threads of the server; false once it has stopped. What
  /// waited in the queue of a server that nobody runs would hold a connection,
  /// which holds the queue, for ever.
  template <class Executor, class Job>
  bool post(const Executor& on, Job job) {
    std::lock_guard guard{mutex_};
    if (stopped_)
      return false;
    boost::asio::post(on, std::move(job));
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

  /// An answer was given and has not left yet.
  void begin_leaving() {
    std::lock_guard guard{mutex_};
    ++leaving_;
  }

  void end_leaving() {
    std::lock_guard guard{mutex_};
    --leaving_;
    left_.notify_all();
  }

  /// Waits until every answer that was given has left, but not for ever.
  void wait_for_leaving(duration most) {
    std::unique_lock lock{mutex_};
    left_.wait_for(lock, most, [this] { return leaving_ == 0; });
  }

  void add(void* name, std::weak_ptr<closable> what) {
    std::lock_guard guard{mutex_};
    open_.emplace(name, std::move(what));
  }

  void remove(void* name) {
    std::lock_guard guard{mutex_};
    open_.erase(name);
  }

  std::map<void*, std::weak_ptr<closable>> open() {
    std::lock_guard guard{mutex_};
    return open_;
  }

private:
  std::mutex mutex_;
  std::condition_variable left_;
  std::map<void*, std::weak_ptr<closable>> open_;
  size_t leaving_ = 0;
  bool stopped_ = false;
};

} // namespace machine::gateway
