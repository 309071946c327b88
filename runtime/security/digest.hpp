#pragma once

#include "runtime/types.hpp"

#include <array>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace machine::security {

/// What BLAKE2b-256 makes of some bytes.
using digest = std::array<uint8_t, 32>;

/// BLAKE2b (RFC 7693) with 32 bytes and no key, of *parts* one after the other.
/// Where one part ends is not part of it: lengths that may vary must be.
digest blake2b(std::initializer_list<bytes_view> parts);

/// 64 digits, in lower case.
std::string to_hex(const digest& x);

/// Reads what `to_hex` writes, and nothing else.
std::optional<digest> digest_from_hex(std::string_view text);

} // namespace machine::security
