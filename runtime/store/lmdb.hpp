#pragma once

#include "runtime/store/store.hpp"

#include <memory>
#include <string>

namespace machine::store {

struct lmdb_options {
  /// Fixed when the store is created, 1 to 65,536; opening it with another
  /// number is an error that names both. 0: 64, or what the store has.
  uint32_t shards = 0;
  /// The size of the memory map at first, in bytes. It is a bound on the file
  /// and takes room in the address space alone.
  size_t map_initial = size_t{1} << 30;
  /// By how many bytes a map that is full grows; 0: as much as it has.
  size_t map_step = 0;
  /// What it may grow to, in bytes.
  size_t map_limit = size_t{64} << 30;
  /// Appends that may wait for the disk; more fail at once with
  /// `overloaded`.
  size_t max_waiting = 100'000;
  /// What may wait, in bytes; one append may, whatever its size.
  size_t max_waiting_bytes = size_t{512} << 20;
  enum class durability : uint8_t { fsync, none };
  /// `none` is for tests and benchmarks: a crash of the machine may lose all.
  durability sync = durability::fsync;
};

/// Opens the store in *directory*, and creates it if there is none. One process
/// at a time: `locked` names the other one, and since when it has the store.
/// `invalid_argument` for options out of their bounds.
caf::expected<std::shared_ptr<engine>>
open_lmdb(const std::string& directory, const lmdb_options& options = {});

} // namespace machine::store
