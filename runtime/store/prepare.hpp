#pragma once

#include "runtime/store/environment.hpp"
#include "runtime/store/store.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

/// What of an append needs no transaction, done by the thread that asks for it
/// and not by the one that writes.
namespace machine::store::lmdb {

/// A value and its digest.
struct prepared_value {
  std::string content;
  uint64_t sum = 0;
};

struct prepared_stream {
  stream_id stream;
  std::string key;
  /// None: wherever it ends.
  std::optional<uint64_t> expected_seq;
  std::vector<bytes> events;
  /// The digest of each event.
  std::vector<uint64_t> sums;
  std::optional<prepared_value> row;
  std::map<std::string, std::string> row_fields;
  std::optional<prepared_value> snapshot;
};

struct prepared_erase {
  stream_id stream;
  std::string key;
  uint64_t expected_seq = 0;
};

struct prepared_blob {
  /// The 32 bytes of its hash.
  std::string key;
  /// As it is stored; empty if the store has it already, unharmed.
  std::string content;
  /// What it holds, then: by the time of the append it may be gone.
  bytes plain;
};

struct prepared_batch {
  uint32_t shard = 0;
  uint64_t epoch = 0;
  std::vector<prepared_stream> streams;
  std::vector<prepared_blob> blobs;
  std::vector<prepared_erase> erased;
  /// About how much there is to write.
  size_t size = 0;
};

/// Makes a batch, which is within the bounds, ready to be written.
prepared_batch prepare(batch what, environment& env);

/// Makes one blob ready; none if the store has it already, unharmed, and does
/// not mean to delete it.
std::optional<prepared_blob> prepare_blob(bytes_view content, environment& env);

} // namespace machine::store::lmdb
