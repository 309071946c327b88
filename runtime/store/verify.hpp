#pragma once

#include "runtime/store/environment.hpp"
#include "runtime/store/store.hpp"

#include <stop_token>

namespace machine::store::lmdb {

/// Walks every table of *tx*; see `engine::verify`. A report lists at most
/// 1,000 corruptions, and one more that says how many others there are. Once
/// *stop* says so it ends, and the report means nothing.
verify_report verify_tables(const transaction& tx, const tables& in,
                            uint32_t shard_count, const std::stop_token& stop);

} // namespace machine::store::lmdb
