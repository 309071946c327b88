#pragma once

#include "runtime/entity/interfaces.hpp"
#include "runtime/entity/shards.hpp"
#include "runtime/pool.hpp"
#include "runtime/supervisor/restarts.hpp"

#include <functional>
#include <memory>

namespace machine::entity {

/// What an entity needs of the node that it lives on.
template <class E>
struct services {
  std::shared_ptr<store::engine> engine;
  std::shared_ptr<shard_table> shards;
  std::shared_ptr<blocking_pool> pool;
  feed_actor feed;
  /// Does an effect, after the commit of what caused it. Must not block; it
  /// usually sends a message.
  std::function<void(const key&, const typename E::effect&)> perform;
  /// Hears of each failure of an entity, and why. May be empty.
  std::function<void(const key&, const caf::error&)> failed;
  /// Runs a job, a decision of the entity named, on a thread that others can
  /// spare: just once, or it refuses it. None: every decision is made at once.
  std::function<caf::error(const key&, std::function<void()>)> think;
  /// Any thread may call it.
  std::function<timestamp()> now;
  /// Any thread may call it.
  std::function<uint64_t()> random;
  /// Events between two snapshots.
  uint64_t snapshot_every = 200;
  /// How long an idle entity is kept.
  duration idle_timeout{60'000};
  /// How often one entity may fail and be loaded again at once. One that fails
  /// more often stays away until somebody asks for it.
  supervision::restart_intensity restarts;
};

/// Commands that may wait in front of one entity, and readers too.
constexpr size_t max_waiting_commands = 10'000;

/// An append takes no further command once it has this many events, or blobs;
/// what waits beyond goes into the next.
constexpr size_t max_events_per_append = 1'000;

/// The same in bytes.
constexpr size_t max_bytes_per_append = 32u << 20;

} // namespace machine::entity
