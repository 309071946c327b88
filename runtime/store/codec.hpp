#pragma once

#include "runtime/store/keys.hpp"
#include "runtime/store/store.hpp"
#include "runtime/store/transaction.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// How the LMDB engine spells values. Each but a blob, which its hash guards,
/// carries a checksum in front.
namespace machine::store::lmdb {

/// What is known of a stream without reading it.
struct head {
  /// Streams are numbered in the order in which they were created, from 1.
  uint64_t number = 0;
  uint64_t last_seq = 0;
  timestamp created_at{};
  timestamp updated_at{};
};

/// A row as it is stored; it lives as long as what it was read from.
struct row_view {
  std::string_view kind;
  std::string_view tenant;
  std::string_view id;
  /// Ordered by name.
  std::vector<std::pair<std::string_view, std::string_view>> fields;
  std::string_view body;
};

/// Stores *content*, whose digest is *sum*, with its checksum.
/// @returns what LMDB returns.
int put_sealed(transaction& tx, MDB_dbi table, std::string_view key,
               std::string_view content, uint64_t sum);

int put_sealed(transaction& tx, MDB_dbi table, std::string_view key,
               std::string_view content);

/// Stores an event, whose payload has the digest *sum*.
/// @returns what LMDB returns.
int put_event(transaction& tx, MDB_dbi table, std::string_view key,
              timestamp at, std::string_view payload, uint64_t sum,
              unsigned flags);

/// The content of a sealed value; `corrupt` if key or content is not what was
/// sealed.
caf::expected<std::string_view> unseal(std::string_view key,
                                       std::string_view sealed);

/// The event number *seq* of a value.
caf::expected<stored_event> unseal_event(std::string_view key,
                                         std::string_view sealed, uint64_t seq);

/// How long the payload of a stored event is.
size_t payload_size(std::string_view sealed);

/// The content of *key* in *table*, if there is such a key.
caf::expected<std::optional<std::string_view>>
get_sealed(const transaction& tx, MDB_dbi table, std::string_view key);

fixed_key<32> encode(const head& x);
caf::expected<head> decode_head(std::string_view x);

/// A row together with the name of its stream.
std::string encode_row(const stream_id& stream, const summary_row& x);
caf::expected<row_view> decode_row(std::string_view x);

/// A snapshot's number stands in front, where `number_at` finds it.
std::string encode(const snapshot& x);
caf::expected<snapshot> decode_snapshot(std::string_view x);

/// A value that is a number alone; it is written as `number_key`.
caf::expected<uint64_t> decode_number(std::string_view x);

std::string encode(const shard_lease& x);
caf::expected<shard_lease> decode_lease(std::string_view x);

std::string encode(const node_row& x);
caf::expected<node_row> decode_node(std::string_view x);

} // namespace machine::store::lmdb
