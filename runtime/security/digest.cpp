#include "runtime/security/digest.hpp"

#include <sodium.h>

namespace machine::security {

digest blake2b(std::initializer_list<bytes_view> parts) {
  digest result{};
  crypto_generichash_state state;
  crypto_generichash_init(&state, nullptr, 0, result.size());
  for (auto part : parts)
    crypto_generichash_update(&state, part.data(), part.size());
  crypto_generichash_final(&state, result.data(), result.size());
  // Parts of what it has read may be secret.
  sodium_memzero(&state, sizeof state);
  return result;
}

std::string to_hex(const digest& x) {
  // libsodium ends it with a zero.
  std::array<char, 2 * std::tuple_size_v<digest> + 1> text{};
  sodium_bin2hex(text.data(), text.size(), x.data(), x.size());
  return {text.data(), text.size() - 1};
}

std::optional<digest> digest_from_hex(std::string_view text) {
  digest result{};
  size_t size = 0;
  if (text.size() != 2 * result.size()
      || text.find_first_not_of("0123456789abcdef") != std::string_view::npos
      || sodium_hex2bin(result.data(), result.size(), text.data(), text.size(),
                        nullptr, &size, nullptr)
           != 0)
    return std::nullopt;
  return result;
}

} // namespace machine::security
