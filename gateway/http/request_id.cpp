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

} // namespace

std::string request_id_of(std::string_view given) {
  if (!given.empty() && given.size() <= max_id
      && std::all_of(given.begin(), given.end(), is_plain))
    return std::string{given};
  std::array<unsigned char, 12> random{};
  randombytes_buf(random.data(), random.size());
  std::array<char, 2 * random.size() + 1> text{};
  sodium_bin2hex(text.data(), text.size(), random.data(), random.size());
  return text.data();
}

} // namespace machine::gateway
