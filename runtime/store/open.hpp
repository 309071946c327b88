#pragma once

#include "runtime/store/environment.hpp"
#include "runtime/store/lmdb.hpp"
#include "runtime/store/lock.hpp"

namespace machine::store::lmdb {

/// What an engine consists of.
struct opened {
  std::unique_ptr<directory_lock> lock;
  std::unique_ptr<environment> env;
  uint32_t shards = 0;
  size_t max_waiting = 0;
  size_t max_waiting_bytes = 0;
};

/// See `open_lmdb`.
caf::expected<opened> open_parts(const std::string& directory,
                                 const lmdb_options& options);

} // namespace machine::store::lmdb
