#pragma once

#include "runtime/error.hpp"
#include "runtime/types.hpp"

#include <string>
#include <string_view>

namespace machine::store::lmdb {

/// The stored form of *content*: compressed with zstd where that makes it
/// smaller.
std::string encode_blob(bytes_view content);

/// The content of a stored form; `corrupt` if it is none, or if it has more
/// than *max_bytes*.
caf::expected<bytes> decode_blob(std::string_view stored, size_t max_bytes);

} // namespace machine::store::lmdb
