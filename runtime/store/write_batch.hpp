#pragma once

#include "runtime/store/codec.hpp"
#include "runtime/store/environment.hpp"
#include "runtime/store/names.hpp"
#include "runtime/store/prepare.hpp"

#include <optional>
#include <unordered_map>

namespace machine::store::lmdb {

/// The head of the stream with *key*; none if it does not exist.
caf::expected<std::optional<head>>
read_head(const transaction& tx, const tables& in, std::string_view key);

/// The epochs of shards, as one transaction sees them.
class epochs {
public:
  /// 0 for a shard that nobody has claimed yet.
  caf::expected<uint64_t> of(const transaction& tx, const tables& in,
                             uint32_t shard);

  /// To be called when a lease may have changed.
  void forget() {
    known_.clear();
  }

private:
  std::unordered_map<uint32_t, uint64_t> known_;
};

/// Writes all of *what*, or finds out before it writes anything that it must
/// not be written. If LMDB fails the transaction has to be given up. Tells
/// *names* what it has written.
verdict write_batch(transaction& tx, const tables& in,
                    const prepared_batch& what, epochs& known, timestamp now,
                    recent_names& names);

/// Writes a blob unless it is there just so: one that is damaged is replaced.
/// Whatever it was before, it is no garbage now.
/// @returns what LMDB returns.
int write_blob(transaction& tx, const tables& in, const prepared_blob& what);

} // namespace machine::store::lmdb
