#include "gateway/http/request_id.hpp"

#include <sodium.h>

#include <algorithm>
#include <array>

namespace machine::gateway {

namespace {

constexpr size_t max_id = 64;

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
      || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

constexpr size_t fresh = 12;

/// Asks the system for many at a time: it takes longer to ask than to answer.
std::array<unsigned char, fresh> fresh_bytes() {
  thread_local std::array<unsigned char, 256 * fresh> pool{};
  thread_local size_t used = pool.size();
  if (used == pool.size()) {
    randombytes_buf(pool.data(), pool.size());
    used = 0;
  }
  std::array<unsigned char, fresh> result{};
  std::copy_n(pool.begin() + static_cast<ptrdiff_t>(used), fresh,
              result.begin());
  used += fresh;
  return result;
}

} // namespace

std::string request_id_of(std::string_view given) {
  if (!given.empty() && given.size() <= max_id
      && std::all_of(given.begin(), given.end(), is_plain))
    return std::string{given};
  auto random = fresh_bytes();
  std::array<char, 2 * random.size() + 1> text{};
  sodium_bin2hex(text.data(), text.size(), random.data(), random.size());
  return text.data();
}

} // namespace machine::gateway
