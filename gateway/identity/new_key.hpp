#pragma once

#include "runtime/security/api_key.hpp"

#include <sodium.h>

#include <array>

namespace machine::gateway {

/// A key or session of *tenant* with a new secret.
inline caf::expected<security::new_api_key>
new_key(const std::string& tenant,
        security::token_kind kind = security::token_kind::api_key) {
  std::array<uint8_t, security::token_random_bytes> random{};
  randombytes_buf(random.data(), random.size());
  auto result = security::make_api_key(tenant, random, kind);
  security::wipe(random);
  return result;
}

} // namespace machine::gateway
