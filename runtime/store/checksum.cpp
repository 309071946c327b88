#include "runtime/store/checksum.hpp"

#include "runtime/store/keys.hpp"

#include <sodium.h>

#include <array>
#include <cstring>

namespace machine::store::lmdb {

namespace {

constexpr std::array<unsigned char, crypto_shorthash_KEYBYTES> secret{};

const unsigned char* raw(const char* x) {
  return reinterpret_cast<const unsigned char*>(x);
}

} // namespace

uint64_t digest(std::string_view content) {
  std::array<unsigned char, crypto_shorthash_BYTES> sum{};
  crypto_shorthash(sum.data(), raw(content.data()), content.size(),
                   secret.data());
  uint64_t result = 0;
  std::memcpy(&result, sum.data(), sizeof result);
  return result;
}

uint64_t digest(timestamp at, uint64_t payload) {
  return digest(pair_key(to_number(at), payload));
}

uint64_t checksum(std::string_view key, uint64_t content) {
  // LMDB's keys have at most 511 bytes.
  std::array<char, 511 + 8> both;
  auto size = std::min<size_t>(key.size(), 511);
  std::memcpy(both.data(), key.data(), size);
  auto tail = number_key(content);
  std::memcpy(both.data() + size, tail.data(), tail.size());
  return digest({both.data(), size + tail.size()});
}

std::string field_digest(std::string_view name, std::string_view value) {
  auto content = std::string{name} + '\0' + std::string{value};
  std::string sum(crypto_shorthash_siphashx24_BYTES, '\0');
  crypto_shorthash_siphashx24(reinterpret_cast<unsigned char*>(sum.data()),
                              raw(content.data()), content.size(),
                              secret.data());
  return sum;
}

} // namespace machine::store::lmdb
