#pragma once

#include "runtime/store/transaction.hpp"

#include <array>
#include <string_view>

namespace machine::store::lmdb {

/// The tables of a store.
struct tables {
  /// `format`, `shards` and `last_stream` to a number.
  MDB_dbi meta = 0;
  /// `kind NUL tenant NUL id` to the stream's head.
  MDB_dbi streams = 0;
  /// Stream number, event number to the event.
  MDB_dbi events = 0;
  /// Stream number to the summary row.
  MDB_dbi rows = 0;
  /// `kind NUL tenant NUL`, stream number to nothing: rows as they came to be.
  MDB_dbi order = 0;
  /// `kind NUL tenant NUL`, digest of name and value, stream number to nothing.
  MDB_dbi fields = 0;
  /// Stream number to the snapshot.
  MDB_dbi snapshots = 0;
  /// Hash to content.
  MDB_dbi blobs = 0;
  /// Shard number to the lease.
  MDB_dbi shards = 0;
  /// Node id to its row.
  MDB_dbi nodes = 0;
  /// Hashes of blobs that nobody named, to the time when that was found.
  MDB_dbi garbage = 0;
  /// Numbers of streams that are no more, to how many events they have left.
  MDB_dbi erased = 0;

  /// All of them, by name.
  static constexpr auto list() {
    return std::array<std::pair<const char*, MDB_dbi tables::*>, 12>{{
      {"meta", &tables::meta},
      {"streams", &tables::streams},
      {"events", &tables::events},
      {"rows", &tables::rows},
      {"order", &tables::order},
      {"fields", &tables::fields},
      {"snapshots", &tables::snapshots},
      {"blobs", &tables::blobs},
      {"shards", &tables::shards},
      {"nodes", &tables::nodes},
      {"garbage", &tables::garbage},
      {"erased", &tables::erased},
    }};
  }

  static constexpr std::string_view format_key = "format";
  static constexpr std::string_view shards_key = "shards";
  static constexpr std::string_view last_stream_key = "last_stream";

  /// The layout that this code reads and writes.
  static constexpr uint64_t format = 1;

  /// Opens them in *tx*, with the flags of `mdb_dbi_open`.
  /// @returns what LMDB returns.
  int open(const transaction& tx, unsigned flags) {
    for (auto [name, table] : list())
      if (auto code = mdb_dbi_open(tx.handle(), name, flags, &(this->*table)))
        return code;
    return MDB_SUCCESS;
  }
};

} // namespace machine::store::lmdb
