#include "runtime/wire/schema.hpp"

namespace machine::wire {

// http://www.isthe.com/chongo/tech/comp/fnv/
std::string hash_text(std::string_view text) {
  constexpr std::string_view hex = "0123456789abcdef";
  uint64_t hash = 14695981039346656037u;
  for (auto c : text) {
    hash ^= static_cast<uint8_t>(c);
    hash *= 1099511628211u;
  }
  std::string result;
  for (auto shift = 60; shift >= 0; shift -= 4)
    result += hex[(hash >> shift) & 15];
  return result;
}

} // namespace machine::wire
