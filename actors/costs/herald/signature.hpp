#pragma once

#include "runtime/types.hpp"

#include <string>
#include <string_view>

namespace machine::costs {

/// What `X-Machine-Signature` says of *body*, sent at *now* in seconds since
/// 1970: `t=1795514400,v1=` and HMAC-SHA256 (RFC 2104) with *secret* of the
/// time, a dot and the body, in hexadecimal digits. The time is signed so that
/// nobody can send the same again much later.
std::string signature_of(std::string_view secret, timestamp now,
                         std::string_view body);

} // namespace machine::costs
