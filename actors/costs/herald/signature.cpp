#include "actors/costs/herald/signature.hpp"

#include "runtime/security/hmac.hpp"

namespace machine::costs {

std::string signature_of(std::string_view secret, timestamp now,
                         std::string_view body) {
  auto time = std::to_string(
    std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count());
  auto code = security::hmac_sha256(
    as_bytes(secret), {as_bytes(time), as_bytes("."), as_bytes(body)});
  return "t=" + time + ",v1=" + security::to_hex(code);
}

} // namespace machine::costs
