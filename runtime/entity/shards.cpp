#include "runtime/entity/shards.hpp"

#include <iterator>
#include <map>
#include <mutex>
#include <set>
#include <utility>

namespace machine::entity {

uint32_t shard_of(const store::stream_id& stream, uint32_t shard_count) {
  // FNV-1a, 64 bits (Fowler, Noll, Vo); a separator that no name contains.
  uint64_t hash = 14695981039346656037ull;
  auto add = [&hash](std::string_view text) {
    for (unsigned char c : text)
      hash = (hash ^ c) * 1099511628211ull;
    hash = (hash ^ '/') * 1099511628211ull;
  };
  add(stream.kind);
  add(stream.tenant);
  add(stream.id);
  return shard_count == 0 ? 0 : static_cast<uint32_t>(hash % shard_count);
}

struct shard_table::impl {
  std::shared_ptr<store::engine> engine;
  std::string owner;
  duration lease;
  std::mutex mutex;
  std::map<uint32_t, store::shard_lease> held;
  bool closed = false;
  /// Of `unsettled`; nobody who holds it waits for the store.
  std::mutex marking;
  std::set<uint32_t> unsettled;

  /// Waits for what was appended to a shard by somebody who died. `fenced` if
  /// the shard is lost. The caller holds `mutex`.
  caf::error settle(store::shard_lease& mine) {
    {
      std::lock_guard guard{marking};
      if (unsettled.erase(mine.shard) == 0)
        return caf::none;
    }
    auto renewed = engine->renew_shard(mine, lease);
    if (renewed) {
      mine = std::move(*renewed);
      return caf::none;
    }
    if (code_of(renewed.error()) == ec::storage_full)
      return caf::none;
    std::lock_guard guard{marking};
    unsettled.insert(mine.shard);
    return std::move(renewed.error());
  }
};

shard_table::shard_table(std::shared_ptr<store::engine> engine,
                         std::string owner, duration lease)
    : impl_(std::make_unique<impl>()) {
  impl_->engine = std::move(engine);
  impl_->owner = std::move(owner);
  impl_->lease = lease;
}

shard_table::~shard_table() {
  close();
}

void shard_table::close() {
  std::lock_guard guard{impl_->mutex};
  impl_->closed = true;
  for (auto& [shard, lease] : std::exchange(impl_->held, {}))
    static_cast<void>(impl_->engine->release_shard(lease));
}

uint32_t shard_table::count() const {
  return impl_->engine->shard_count();
}

caf::expected<uint64_t> shard_table::epoch(uint32_t shard) {
  std::lock_guard guard{impl_->mutex};
  if (impl_->closed)
    return make_error(ec::unavailable,
                      "the machine is stopping and loads nothing any more");
  if (auto i = impl_->held.find(shard); i != impl_->held.end()) {
    auto err = impl_->settle(i->second);
    if (!err)
      return i->second.epoch;
    if (code_of(err) != ec::fenced)
      return err;
    impl_->held.erase(i);
  }
  auto lease = impl_->engine->claim_shard(shard, impl_->owner, impl_->lease);
  if (!lease)
    return std::move(lease.error());
  auto epoch = lease->epoch;
  impl_->held.emplace(shard, std::move(*lease));
  return epoch;
}

void shard_table::lost(uint32_t shard, uint64_t epoch) {
  std::lock_guard guard{impl_->mutex};
  auto i = impl_->held.find(shard);
  if (i != impl_->held.end() && i->second.epoch == epoch)
    impl_->held.erase(i);
}

caf::error shard_table::settle() {
  std::lock_guard guard{impl_->mutex};
  for (auto i = impl_->held.begin(); i != impl_->held.end();) {
    auto err = impl_->settle(i->second);
    if (err && code_of(err) != ec::fenced)
      return err;
    i = err ? impl_->held.erase(i) : std::next(i);
  }
  return caf::none;
}

void shard_table::unsettle(uint32_t shard) {
  std::lock_guard guard{impl_->marking};
  impl_->unsettled.insert(shard);
}

} // namespace machine::entity
