#pragma once

#include "runtime/store/environment.hpp"
#include "runtime/store/store.hpp"

namespace machine::store::lmdb {

/// See `engine::read`.
caf::expected<std::vector<stored_event>>
read_events(const transaction& tx, const tables& in, const stream_id& stream,
            uint64_t from, size_t max_count, size_t max_bytes);

/// See `engine::last_seq`.
caf::expected<uint64_t> read_last_seq(const transaction& tx, const tables& in,
                                      const stream_id& stream);

/// See `engine::read_snapshot`. One that is damaged is none: the log has all
/// that it had.
caf::expected<std::optional<snapshot>>
read_snapshot(const transaction& tx, const tables& in, const stream_id& stream);

/// See `engine::read_summary`.
caf::expected<listed_row> read_summary(const transaction& tx, const tables& in,
                                       const stream_id& stream);

/// See `engine::get_blob`.
caf::expected<bytes> read_blob(const transaction& tx, const tables& in,
                               const blob_hash& hash);

} // namespace machine::store::lmdb
