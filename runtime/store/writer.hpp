#pragma once

#include "runtime/clock.hpp"
#include "runtime/store/environment.hpp"
#include "runtime/store/names.hpp"
#include "runtime/store/prepare.hpp"
#include "runtime/store/store.hpp"
#include "runtime/store/versions.hpp"

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <span>
#include <thread>
#include <variant>
#include <vector>

namespace machine::store::lmdb {

/// The one thread that writes. All that waits shares a transaction and its
/// fsync, and each part of it succeeds or fails alone.
class writer {
public:
  /// Something small that is written like a batch. It may be called again if
  /// its transaction failed.
  using job = std::function<verdict(transaction&, const tables&)>;

  writer(environment& env, size_t max_waiting, size_t max_waiting_bytes);

  writer(const writer&) = delete;
  writer& operator=(const writer&) = delete;

  /// Begins to write. When all is written that was accepted until `close`, it
  /// calls *finish* on its thread.
  void start(std::function<void()> finish);

  void append(prepared_batch what, commit_handler done);

  /// Runs *what*, which is to write about *bytes*, and waits for its commit.
  /// `internal` in a commit handler, which may not wait for the thread that
  /// it is on.
  caf::error perform(size_t bytes, job what);

  /// Refuses what comes from now on, and waits until all is written; in a
  /// commit handler it does not wait.
  void close();

  /// For a destructor that may run in a commit handler: closes, and the thread
  /// ends when all is written.
  void abandon();

  /// Only for jobs, which share its thread.
  recent_names& names() {
    return names_;
  }

  /// See `engine::version`.
  std::optional<uint64_t> version(const stream_id& stream) const {
    return versions_.of(stream);
  }

  uint64_t commits() const {
    return commits_;
  }

  uint64_t appends() const {
    return appends_;
  }

private:
  struct request {
    std::variant<prepared_batch, job> what;
    size_t size = 0;
    commit_handler done;
    caf::error outcome;
  };

  using group = std::span<request>;

  void submit(request what);
  caf::error accept(request& what);
  caf::error check_room(size_t size) const;
  void work();
  void gather(std::unique_lock<std::mutex>& lock);

  /// Waits until *count* requests do, but only a part of the time that the last
  /// commit took.
  void await(std::unique_lock<std::mutex>& lock, size_t count);
  void process(group all);
  static std::vector<versions::group> touched_by(group all);
  void commit_group(group all);

  environment& env_;
  const size_t max_waiting_;
  const size_t max_waiting_bytes_;

  std::mutex mutex_;
  std::condition_variable wakeup_;
  std::vector<request> waiting_;
  /// Requests that were accepted and have not been answered, and their bytes.
  size_t accepted_ = 0;
  size_t accepted_bytes_ = 0;
  /// The writer sleeps until so many requests wait.
  size_t wanted_ = 1;
  bool closed_ = false;

  /// How many requests the last commit had, and how long it took.
  size_t last_size_ = 0;
  std::chrono::steady_clock::duration last_time_{};

  recent_names names_;
  versions versions_;

  std::atomic<uint64_t> commits_{0};
  std::atomic<uint64_t> appends_{0};
  std::mutex joining_;
  std::thread thread_;
  std::atomic<std::thread::id> thread_id_;
};

} // namespace machine::store::lmdb
