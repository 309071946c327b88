#include "gateway/websocket/mask.hpp"

#include <cstring>

namespace machine::websocket {

void apply_mask(std::span<char> data, const mask_key& key, uint64_t offset) {
  // The key as it meets the bytes, twice. Copied to and fro as bytes, words
  // mean the same whatever the order of bytes within them.
  std::array<uint8_t, sizeof(uint64_t)> turned{};
  for (size_t i = 0; i < turned.size(); ++i)
    turned[i] = key[(offset + i) % key.size()];
  uint64_t pattern = 0;
  std::memcpy(&pattern, turned.data(), sizeof(pattern));
  auto at = data.data();
  auto left = data.size();
  for (; left >= sizeof(pattern); left -= sizeof(pattern)) {
    uint64_t word = 0;
    std::memcpy(&word, at, sizeof(word));
    word ^= pattern;
    std::memcpy(at, &word, sizeof(word));
    at += sizeof(word);
  }
  for (size_t i = 0; i < left; ++i)
    at[i] = static_cast<char>(at[i] ^ turned[i]);
}

} // namespace machine::websocket
