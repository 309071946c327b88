#pragma once

#include "runtime/types.hpp"

#include <string_view>

/// Checksums of what is stored. They find damage; against malice stands the
/// directory's owner.
namespace machine::store::lmdb {

/// SipHash-2-4 of *content* under a fixed key.
uint64_t digest(std::string_view content);

/// The digest of a value that consists of a time and a payload with the digest
/// *payload*.
uint64_t digest(timestamp at, uint64_t payload);

/// What stands in front of a value with the digest *content* under *key*: it
/// finds a value that is damaged and one that is under another's key.
uint64_t checksum(std::string_view key, uint64_t content);

/// 16 bytes that stand for a field's *name* and *value* in a key.
std::string field_digest(std::string_view name, std::string_view value);

} // namespace machine::store::lmdb
