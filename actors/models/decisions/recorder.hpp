#pragma once

#include "actors/models/decisions/shelf.hpp"

#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <thread>

namespace machine::models {

/// What a recorder needs of the world. Its own thread calls all of it.
struct recorder_services {
  /// As of `store::engine`.
  std::function<void(store::batch, store::commit_handler)> append;
  decision_lister list;
  uint32_t shard_count = 1;
  /// The epoch under which a shard is held, and whom to tell that it is lost;
  /// see `entity::shard_table`.
  std::function<caf::expected<uint64_t>(uint32_t)> epoch;
  std::function<void(uint32_t, uint64_t)> lost;
  std::function<timestamp()> now;
  /// Whose decisions there are. Blocks.
  std::function<caf::expected<std::vector<std::string>>()> tenants;
  /// Hears of what was not kept, now and then.
  std::function<void(const caf::error&)> failed;
};

struct recorder_rules {
  /// How long decisions are kept; none: for ever.
  std::optional<duration> keep = std::chrono::hours{14 * 24};
  /// How many are kept of each tenant, about; the oldest go first. What else is
  /// in the store needs room too.
  uint64_t max_kept = 1'000'000;
  /// How long decisions are gathered for one append.
  duration gather{100};
  /// Decisions of one append, and about their bytes.
  size_t max_batch = 1'000;
  size_t max_batch_bytes = 8u << 20;
  /// Decisions that may wait, and about their bytes; more are not kept.
  size_t max_waiting = 20'000;
  size_t max_waiting_bytes = 64u << 20;
  /// Between two looks for what has been kept long enough.
  duration sweep_every = std::chrono::hours{1};
};

/// Keeps decisions: encodes and writes what has gathered on a thread of its
/// own, one append at a time, and erases what has been kept long enough. Who
/// notes a decision never waits: while the store is too slow for them, the
/// newest are not kept, and counted. A crash loses what has not been written,
/// about the last tenth of a second.
class decision_recorder {
public:
  explicit decision_recorder(recorder_services uses, recorder_rules rules = {});

  decision_recorder(const decision_recorder&) = delete;
  decision_recorder& operator=(const decision_recorder&) = delete;

  ~decision_recorder();

  /// Any thread may call it.
  void note(std::shared_ptr<const noted_decision> what);

  /// Has what waits written at once, and waits until what was noted before is
  /// written or lost; false if that takes longer than *patience*.
  bool settle(duration patience);

  /// How many were not kept.
  uint64_t dropped() const;

  const recorder_rules& rules() const {
    return rules_;
  }

  /// Writes what waits, and keeps nothing more; idempotent.
  void close();

private:
  /// How many decisions a tenant has, as far as they were counted.
  struct shelf {
    enum class stage : uint8_t { unknown, counting, counted };

    stage now = stage::unknown;
    uint64_t kept = 0;
    std::string cursor;
  };

  using batch_list = std::vector<std::shared_ptr<const noted_decision>>;

  void work();
  batch_list take();
  void write(const batch_list& what);
  caf::error commit(store::batch what);
  void sweep();
  caf::expected<bool> sweep_some(const std::string& tenant);
  caf::expected<bool> count_some(const std::string& tenant, shelf& of);
  bool is_over(const shelf& x) const;
  void lose(size_t count, const caf::error& why);

  const recorder_services uses_;
  const recorder_rules rules_;
  mutable std::mutex mutex_;
  std::condition_variable come_;
  std::condition_variable gone_;
  std::deque<std::shared_ptr<const noted_decision>> waiting_;
  size_t waiting_bytes_ = 0;
  /// Ever noted, and of those written or lost.
  uint64_t noted_ = 0;
  uint64_t done_ = 0;
  uint64_t dropped_ = 0;
  /// Of those, the ones that nobody has heard of.
  uint64_t untold_ = 0;
  timestamp told_at_{};
  bool hurries_ = false;
  bool closing_ = false;
  /// Only on the thread: by tenant, and those that are still to be looked at
  /// in this sweep.
  std::map<std::string, shelf> shelves_;
  std::set<std::string> to_sweep_;
  std::chrono::steady_clock::time_point sweep_at_;
  std::thread thread_;
};

} // namespace machine::models
