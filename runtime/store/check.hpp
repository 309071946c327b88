#pragma once

#include "runtime/store/store.hpp"

/// The bounds of the store, the same for every engine.
namespace machine::store {

constexpr size_t max_name_part = 128;
constexpr size_t max_event_bytes = 1u << 20;
constexpr size_t max_blob_bytes = 64u << 20;
constexpr size_t max_snapshot_bytes = 64u << 20;
constexpr size_t max_schema_name = 256;
/// Streams, events and blobs of a batch, each.
constexpr size_t max_batch_items = 10'000;
constexpr size_t max_batch_bytes = 256u << 20;
constexpr size_t max_row_fields = 32;
constexpr size_t max_field_name = 64;
constexpr size_t max_field_value = 256;
constexpr size_t max_row_bytes = 256u << 10;
constexpr size_t max_page_rows = 1'000;
constexpr duration max_lease = std::chrono::hours{24};
constexpr size_t max_node_address = 512;
constexpr size_t max_node_info = 64u << 10;
constexpr size_t max_nodes = 10'000;

/// `invalid_argument` unless *x* is a name as `stream_id` describes it.
caf::error check_stream(const stream_id& x);

/// `invalid_argument` or `limit_exceeded`, naming the bound.
caf::error check_batch(const batch& x, uint32_t shard_count);

/// `limit_exceeded` if a blob of *size* bytes is too large.
caf::error check_blob(size_t size);

/// `invalid_argument` unless *x* may be asked; the cursor is the engine's.
caf::error check_query(const query& x);

/// `invalid_argument` unless there is such a shard, the owner has a name of 1
/// to 128 characters and the lease lasts 0 to 24 hours.
caf::error check_claim(uint32_t shard, uint32_t shard_count,
                       const std::string& owner, duration lease);

/// `invalid_argument` or `limit_exceeded`, naming the bound.
caf::error check_node(const node_row& x);

} // namespace machine::store
