#include "runtime/security/fingerprint.hpp"

#include "runtime/security/secret.hpp"

#include <sodium.h>

namespace machine::security {

fingerprinter::fingerprinter() {
  static_assert(sizeof key_ == crypto_shorthash_siphashx24_KEYBYTES);
  randombytes_buf(key_.data(), key_.size());
}

fingerprinter::~fingerprinter() {
  wipe(key_);
}

fingerprint fingerprinter::of(std::string_view text) const {
  fingerprint result{};
  static_assert(sizeof result == crypto_shorthash_siphashx24_BYTES);
  crypto_shorthash_siphashx24(
    result.data(), reinterpret_cast<const unsigned char*>(text.data()),
    text.size(), key_.data());
  return result;
}

} // namespace machine::security
