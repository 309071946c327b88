#include "runtime/security/secret.hpp"

#include <sodium.h>

#include <algorithm>

namespace machine::security {

void wipe(std::span<uint8_t> x) {
  sodium_memzero(x.data(), x.size());
}

void wipe(std::string& x) {
  sodium_memzero(x.data(), x.size());
  x.clear();
}

secret::secret(std::span<const uint8_t, size> x) {
  std::copy(x.begin(), x.end(), bytes_.begin());
}

secret::~secret() {
  wipe(bytes_);
}

} // namespace machine::security
