#pragma once

#include "runtime/store/environment.hpp"

#include <string>

namespace machine::store::lmdb {

/// The name of a copy that is not complete; a directory with such a file is no
/// store.
constexpr const char* partial_copy = "data.mdb.partial";

/// Writes a consistent, compact copy of *env* into the directory *path*, which
/// must be new or empty (`conflict`), and brings it to the disk. `cancelled` if
/// *stop* ended it.
caf::error back_up(environment& env, const std::string& path,
                   const std::stop_token& stop);

} // namespace machine::store::lmdb
