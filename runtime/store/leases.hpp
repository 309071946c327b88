#pragma once

#include "runtime/store/writer.hpp"

namespace machine::store::lmdb {

/// See `engine::claim_shard`.
caf::expected<shard_lease> claim(writer& out, uint32_t shard,
                                 const std::string& owner, duration lease);

/// See `engine::renew_shard`.
caf::expected<shard_lease> renew(writer& out, const shard_lease& mine,
                                 duration lease);

/// See `engine::release_shard`.
caf::expected<void> release(writer& out, const shard_lease& mine);

} // namespace machine::store::lmdb
