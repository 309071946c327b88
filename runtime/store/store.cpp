#include "runtime/store/store.hpp"

#include <sodium.h>

#include <array>

namespace machine::store {

std::string to_string(const stream_id& x) {
  return x.kind + "/" + x.tenant + "/" + x.id;
}

blob_hash hash_blob(bytes_view content) {
  std::array<uint8_t, 32> hash{};
  crypto_generichash(hash.data(), hash.size(), content.data(), content.size(),
                     nullptr, 0);
  std::array<char, 65> hex{};
  sodium_bin2hex(hex.data(), hex.size(), hash.data(), hash.size());
  return {hex.data(), 64};
}

} // namespace machine::store
