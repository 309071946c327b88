#pragma once

#include "runtime/security/secret.hpp"
#include "runtime/wire/describe.hpp"

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

/// Secrets as they are stored. Each is encrypted under a data key of its own,
/// which is encrypted under a master key that is stored elsewhere: a new master
/// key needs the data keys alone. Both with XChaCha20-Poly1305
/// (draft-irtf-cfrg-xchacha-03), and both say whose they are, so that neither
/// can stand for another.
namespace machine::security {

/// 32 random bytes under which data keys are encrypted.
class master_key {
public:
  explicit master_key(const secret& x);

  /// 16 hexadecimal digits that say which one it is, and nothing about it.
  const std::string& id() const {
    return id_;
  }

  const secret& view() const {
    return key_;
  }

private:
  secret key_;
  std::string id_;
};

/// Reads 64 hexadecimal digits in lower case, and nothing else.
std::optional<master_key> master_key_from_hex(std::string_view text);

/// What `master_key_from_hex` reads, wiped when it goes.
std::unique_ptr<secret_text> to_hex(const master_key& x);

/// What a sealed secret is, which it is of no use without.
struct secret_subject {
  std::string tenant;
  std::string name;
  uint32_t version = 0;
};

/// A secret as it is stored.
struct sealed_secret {
  /// The id of the master key.
  std::string master;
  /// Under the master key: a nonce, the data key, and its tag.
  bytes data_key;
  /// Under the data key: a nonce, the value, and its tag.
  bytes content;

  static constexpr const char* wire_name = "sealed_secret";

  static constexpr auto fields() {
    return wire::members(wire::field{"master", &sealed_secret::master},
                         wire::field{"data_key", &sealed_secret::data_key},
                         wire::field{"content", &sealed_secret::content});
  }

  bool operator==(const sealed_secret&) const = default;
};

/// Of XChaCha20.
constexpr size_t nonce_bytes = 24;

/// What sealing adds to a text.
constexpr size_t seal_overhead = nonce_bytes + 16;

/// The random bytes that go into a sealed secret: a data key and two nonces.
constexpr size_t seal_random_bytes = secret::size + 2 * nonce_bytes;

/// Seals *value*. *random* must come from a cryptographic source and serve
/// nothing else.
sealed_secret seal(const master_key& under, const secret_subject& about,
                   std::string_view value,
                   std::span<const uint8_t, seal_random_bytes> random);

/// The value of *x*; null if it is not the one of *about*, is sealed under
/// another master key, or was changed.
std::unique_ptr<secret_text> unseal(const master_key& under,
                                    const secret_subject& about,
                                    const sealed_secret& x);

/// The data key of *x* under another master key; none if *x* is not sealed
/// under *from*, or is not the one of *about*. *nonce* must be random.
std::optional<bytes> seal_again(const master_key& from, const master_key& to,
                                const secret_subject& about,
                                const sealed_secret& x,
                                std::span<const uint8_t, nonce_bytes> nonce);

/// 12 hexadecimal digits by which a person sees whether two secrets of a tenant
/// are the same. Without the master key they say nothing of *value*.
std::string mark_of(const master_key& under, const std::string& tenant,
                    std::string_view value);

} // namespace machine::security
