#pragma once

#include "runtime/store/store.hpp"

#include <memory>
#include <string>

namespace machine::entity {

/// The shard of an entity: the same in every process and for ever.
uint32_t shard_of(const store::stream_id& stream, uint32_t shard_count);

/// The shards that this node owns, claimed when they are first needed. Every
/// member may be called from any thread; `epoch` may block.
class shard_table {
public:
  /// @param owner This node's name. It may take a shard back that it held
  ///              before it was restarted.
  shard_table(std::shared_ptr<store::engine> engine, std::string owner,
              duration lease);

  shard_table(const shard_table&) = delete;
  shard_table& operator=(const shard_table&) = delete;

  /// Gives all shards back.
  ~shard_table();

  /// Gives all shards back and claims no more; idempotent. To be called before
  /// the store is closed.
  void close();

  uint32_t count() const;

  /// The epoch under which this node holds *shard*; `conflict` if another node
  /// holds it, `unavailable` after `close`. What was appended before `unsettle`
  /// has ended then, one way or the other.
  caf::expected<uint64_t> epoch(uint32_t shard);

  /// Another node took *shard* from the holder of *epoch*: the next one who
  /// needs it has to claim it again.
  void lost(uint32_t shard, uint64_t epoch);

  /// Somebody died who may have an append to *shard* under way: whoever reads
  /// a log of it next has to wait for the end of that. Does not block.
  void unsettle(uint32_t shard);

  /// Waits for the end of all that `unsettle` told of, as `epoch` does for one
  /// shard: for who reads more than logs. Returns what the store does; it is
  /// to be called again then.
  caf::error settle();

private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace machine::entity
