#include "runtime/security/sealed.hpp"

#include "runtime/security/digest.hpp"

#include <sodium.h>

#include <algorithm>
#include <array>

namespace machine::security {

namespace {

static_assert(nonce_bytes == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES);
static_assert(secret::size == crypto_aead_xchacha20poly1305_ietf_KEYBYTES);
static_assert(seal_overhead
              == nonce_bytes + crypto_aead_xchacha20poly1305_ietf_ABYTES);

/// What *key* makes of *parts*, each with its length before it.
digest keyed(const secret& key, std::initializer_list<std::string_view> parts) {
  digest result{};
  crypto_generichash_state state;
  crypto_generichash_init(&state, key.view().data(), key.view().size(),
                          result.size());
  for (auto part : parts) {
    std::array<uint8_t, 8> length{};
    for (size_t i = 0; i < length.size(); ++i)
      length[i] = static_cast<uint8_t>(part.size() >> (8 * i));
    crypto_generichash_update(&state, length.data(), length.size());
    crypto_generichash_update(
      &state, reinterpret_cast<const uint8_t*>(part.data()), part.size());
  }
  crypto_generichash_final(&state, result.data(), result.size());
  sodium_memzero(&state, sizeof state);
  return result;
}

/// The additional data of *what*: no part of it can be taken for another.
std::string additional(std::string_view what, const secret_subject& about) {
  std::string result{what};
  for (auto* part : {&about.tenant, &about.name})
    result += '\n' + std::to_string(part->size()) + ':' + *part;
  return result + '\n' + std::to_string(about.version);
}

constexpr const char* of_data_key = "themachine.vault.data_key.1";
constexpr const char* of_content = "themachine.vault.content.1";

bytes encrypt(const secret& key, bytes_view plain, const std::string& about,
              std::span<const uint8_t, nonce_bytes> nonce) {
  bytes result(plain.size() + seal_overhead);
  std::copy(nonce.begin(), nonce.end(), result.begin());
  crypto_aead_xchacha20poly1305_ietf_encrypt(
    result.data() + nonce_bytes, nullptr, plain.data(), plain.size(),
    as_bytes(about).data(), about.size(), nullptr, nonce.data(),
    key.view().data());
  return result;
}

std::unique_ptr<secret_text> decrypt(const secret& key, const bytes& sealed,
                                     const std::string& about) {
  if (sealed.size() < seal_overhead)
    return nullptr;
  auto result = std::make_unique<secret_text>("");
  result->text.resize(sealed.size() - seal_overhead);
  auto* to = reinterpret_cast<uint8_t*>(result->text.data());
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(
        to, nullptr, nullptr, sealed.data() + nonce_bytes,
        sealed.size() - nonce_bytes, as_bytes(about).data(), about.size(),
        sealed.data(), key.view().data())
      != 0)
    return nullptr;
  return result;
}

std::optional<secret> data_key_of(const master_key& under,
                                  const secret_subject& about,
                                  const sealed_secret& x) {
  auto plain =
    decrypt(under.view(), x.data_key, additional(of_data_key, about));
  if (plain == nullptr || plain->text.size() != secret::size)
    return std::nullopt;
  return secret{as_bytes(plain->text).first<secret::size>()};
}

} // namespace

master_key::master_key(const secret& x)
    : key_(x), id_(security::to_hex(keyed(x, {"themachine.vault.key_id"}))) {
  id_.resize(16);
}

std::optional<master_key> master_key_from_hex(std::string_view text) {
  auto read = digest_from_hex(text);
  if (!read)
    return std::nullopt;
  std::optional<master_key> result{secret{*read}};
  wipe(*read);
  return result;
}

std::unique_ptr<secret_text> to_hex(const master_key& x) {
  auto result = std::make_unique<secret_text>("");
  // libsodium ends it with a zero.
  result->text.resize(2 * secret::size + 1);
  sodium_bin2hex(result->text.data(), result->text.size(),
                 x.view().view().data(), secret::size);
  result->text.pop_back();
  return result;
}

sealed_secret seal(const master_key& under, const secret_subject& about,
                   std::string_view value,
                   std::span<const uint8_t, seal_random_bytes> random) {
  secret data_key{random.first<secret::size>()};
  sealed_secret result;
  result.master = under.id();
  result.data_key =
    encrypt(under.view(), data_key.view(), additional(of_data_key, about),
            random.subspan<secret::size, nonce_bytes>());
  result.content =
    encrypt(data_key, as_bytes(value), additional(of_content, about),
            random.last<nonce_bytes>());
  return result;
}

std::unique_ptr<secret_text> unseal(const master_key& under,
                                    const secret_subject& about,
                                    const sealed_secret& x) {
  auto data_key = data_key_of(under, about, x);
  if (!data_key)
    return nullptr;
  return decrypt(*data_key, x.content, additional(of_content, about));
}

std::optional<bytes> seal_again(const master_key& from, const master_key& to,
                                const secret_subject& about,
                                const sealed_secret& x,
                                std::span<const uint8_t, nonce_bytes> nonce) {
  auto data_key = data_key_of(from, about, x);
  if (!data_key)
    return std::nullopt;
  return encrypt(to.view(), data_key->view(), additional(of_data_key, about),
                 nonce);
}

std::string mark_of(const master_key& under, const std::string& tenant,
                    std::string_view value) {
  auto result = security::to_hex(
    keyed(under.view(), {"themachine.vault.mark", tenant, value}));
  result.resize(12);
  return result;
}

} // namespace machine::security
