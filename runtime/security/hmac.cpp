#include "runtime/security/hmac.hpp"

#include <sodium.h>

namespace machine::security {

digest hmac_sha256(bytes_view key, std::initializer_list<bytes_view> parts) {
  crypto_auth_hmacsha256_state state;
  crypto_auth_hmacsha256_init(&state, key.data(), key.size());
  for (auto part : parts)
    crypto_auth_hmacsha256_update(&state, part.data(), part.size());
  digest result;
  crypto_auth_hmacsha256_final(&state, result.data());
  sodium_memzero(&state, sizeof state);
  return result;
}

} // namespace machine::security
