#pragma once

#include "runtime/security/digest.hpp"

namespace machine::security {

/// HMAC (RFC 2104) with SHA-256 and *key* of any length, of *parts* one after
/// the other. Where one part ends is not part of it.
digest hmac_sha256(bytes_view key, std::initializer_list<bytes_view> parts);

} // namespace machine::security
