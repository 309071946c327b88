#include "runtime/security/api_key.hpp"

#include "runtime/security/token_shape.hpp"
#include "runtime/wire/document.hpp"

#include <sodium.h>

#include <algorithm>
#include <array>

namespace machine::security {

namespace {

constexpr auto key_encoding = sodium_base64_VARIANT_URLSAFE_NO_PADDING;

/// 5 bits a character, so 60 of the 64.
std::string make_id(std::span<const uint8_t, 8> random) {
  uint64_t bits = 0;
  for (auto x : random)
    bits = bits << 8 | x;
  std::string result;
  for (size_t i = 0; i < token_id_length; ++i) {
    result += base32[bits % base32.size()];
    bits /= base32.size();
  }
  return result;
}

} // namespace

bool is_tenant_name(std::string_view tenant) {
  return !tenant.empty() && tenant_length(tenant) == tenant.size();
}

caf::expected<new_api_key>
make_api_key(std::string_view tenant,
             std::span<const uint8_t, token_random_bytes> random,
             token_kind kind) {
  if (!is_tenant_name(tenant))
    return make_error(ec::invalid_argument,
                      "the tenant " + wire::excerpt(wire::to_utf8(tenant))
                        + " cannot have keys; name it with 1 to 32 of a-z, 0-9 "
                          "and -, beginning with a letter");
  secret key{random.last<secret::size>()};
  new_api_key result;
  result.id = make_id(random.first<8>());
  result.hash = hash_secret(key);
  // It does not grow, so that no part of it is left behind.
  result.text.reserve(max_token_bytes + 1);
  result.text += kind == token_kind::session ? session_marker : key_marker;
  result.text += tenant;
  result.text += '_';
  result.text += result.id;
  result.text += '_';
  auto head = result.text.size();
  // libsodium ends it with a zero.
  result.text.resize(head + token_secret_length + 1);
  sodium_bin2base64(result.text.data() + head, token_secret_length + 1,
                    key.view().data(), key.view().size(), key_encoding);
  result.text.pop_back();
  return result;
}

std::optional<api_key> parse_api_key(std::string_view text) {
  if (text.size() > max_token_bytes)
    return std::nullopt;
  auto head = find_token_head(text);
  if (!head || text.size() != head->length + token_secret_length)
    return std::nullopt;
  // libsodium 1.0.18 takes some bytes beyond ASCII for an underscore.
  auto key = text.substr(head->length);
  if (!std::all_of(key.begin(), key.end(), is_token_char))
    return std::nullopt;
  std::array<uint8_t, secret::size> bytes{};
  size_t size = 0;
  auto read =
    sodium_base642bin(bytes.data(), bytes.size(), key.data(), key.size(),
                      nullptr, &size, nullptr, key_encoding);
  std::optional<api_key> result;
  if (read == 0 && size == bytes.size())
    result = api_key{head->kind, std::string{head->tenant},
                     std::string{head->id}, secret{bytes}};
  wipe(bytes);
  return result;
}

std::string hash_secret(const secret& x) {
  return to_hex(blake2b({x.view()}));
}

bool matches(std::string_view hash, const secret& x) {
  auto known = digest_from_hex(hash);
  if (!known)
    return false;
  auto given = blake2b({x.view()});
  return sodium_memcmp(known->data(), given.data(), given.size()) == 0;
}

} // namespace machine::security
