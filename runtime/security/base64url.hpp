#pragma once

#include "runtime/types.hpp"

#include <optional>
#include <string_view>

namespace machine::security {

/// Reads Base64url without padding (RFC 4648, section 5; RFC 7515, section 2).
/// Strict: no padding, no white space, nothing of the standard alphabet, and
/// bits that are left over are zero, so that data has one spelling only.
std::optional<bytes> from_base64url(std::string_view text);

} // namespace machine::security
