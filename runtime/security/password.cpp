#include "runtime/security/password.hpp"

#include "runtime/security/common_passwords.hpp"
#include "runtime/security/secret.hpp"
#include "runtime/wire/document.hpp"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <optional>

namespace machine::security {

namespace {

constexpr size_t min_characters = 10;
constexpr size_t max_characters = 256;
/// A character of UTF-8 has at most four.
constexpr size_t max_password_bytes = 4 * max_characters;
constexpr size_t min_name_bytes = 3;

constexpr password_limits least_limits{1, 8};
constexpr password_limits most_limits{16, 1024 * 1024};

/// Of salt and hash in Base64, as libsodium makes them.
constexpr size_t salt_characters = 22;
constexpr size_t hash_characters = 43;

bool is_within_bounds(const password_limits& x) {
  return x.passes >= least_limits.passes && x.passes <= most_limits.passes
      && x.memory >= least_limits.memory && x.memory <= most_limits.memory;
}

bool skip_part(std::string_view& from, std::string_view what) {
  if (!from.starts_with(what))
    return false;
  from.remove_prefix(what.size());
  return true;
}

bool skip_base64(std::string_view& from, size_t length) {
  auto is_base64 = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z')
        || (c >= '0' && c <= '9') || c == '+' || c == '/';
  };
  auto part = from.substr(0, length);
  if (part.size() != length
      || !std::all_of(part.begin(), part.end(), is_base64))
    return false;
  from.remove_prefix(length);
  return true;
}

std::optional<uint32_t> skip_number(std::string_view& from) {
  uint32_t result = 0;
  auto [end, code] =
    std::from_chars(from.data(), from.data() + from.size(), result);
  if (code != std::errc{})
    return std::nullopt;
  from.remove_prefix(static_cast<size_t>(end - from.data()));
  return result;
}

/// The limits of a hash that is one of ours. A hash that somebody has tampered
/// with could otherwise ask for all memory there is.
std::optional<password_limits> limits_of(std::string_view encoded) {
  password_limits result;
  if (!skip_part(encoded, "$argon2id$v=19$m="))
    return std::nullopt;
  auto memory = skip_number(encoded);
  if (!memory || !skip_part(encoded, ",t="))
    return std::nullopt;
  auto passes = skip_number(encoded);
  if (!passes || !skip_part(encoded, ",p=1$")
      || !skip_base64(encoded, salt_characters) || !skip_part(encoded, "$")
      || !skip_base64(encoded, hash_characters) || !encoded.empty())
    return std::nullopt;
  result = {*passes, *memory};
  return is_within_bounds(result) ? std::optional{result} : std::nullopt;
}

void fold_case(std::string& x) {
  for (auto& c : x)
    if (c >= 'A' && c <= 'Z')
      c = static_cast<char>(c - 'A' + 'a');
}

size_t count_characters(std::string_view x) {
  return static_cast<size_t>(std::count_if(x.begin(), x.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

} // namespace

caf::expected<std::string> hash_password(std::string_view password,
                                         const password_limits& limits) {
  if (!is_within_bounds(limits))
    return make_error(ec::invalid_argument,
                      "the limits of password hashes are out of bounds; take 1 "
                      "to 16 passes over 8 KiB to 1 GiB");
  if (password.size() > max_password_bytes)
    return make_error(ec::limit_exceeded,
                      "the password has more than 1,024 bytes; take a shorter "
                      "one");
  std::array<char, crypto_pwhash_STRBYTES> encoded{};
  if (crypto_pwhash_str_alg(encoded.data(), password.data(), password.size(),
                            limits.passes, size_t{limits.memory} * 1024,
                            crypto_pwhash_ALG_ARGON2ID13)
      != 0)
    return make_error(ec::unavailable,
                      "there is no memory to hash a password, which takes "
                        + std::to_string(limits.memory)
                        + " KiB; try again later");
  return std::string{encoded.data()};
}

password_verdict verify_password(std::string_view encoded,
                                 std::string_view password) {
  using enum password_verdict;
  if (!limits_of(encoded))
    return damaged;
  if (password.size() > max_password_bytes)
    return differs;
  errno = 0;
  if (crypto_pwhash_str_verify(std::string{encoded}.c_str(), password.data(),
                               password.size())
      == 0)
    return matches;
  // libsodium says EINVAL for this alone, and malloc ENOMEM.
  return errno == EINVAL ? differs : errno == ENOMEM ? no_memory : damaged;
}

bool needs_rehash(std::string_view encoded, const password_limits& limits) {
  return limits_of(encoded) != limits;
}

std::string decoy_hash(const password_limits& limits) {
  auto passes =
    std::clamp(limits.passes, least_limits.passes, most_limits.passes);
  auto memory =
    std::clamp(limits.memory, least_limits.memory, most_limits.memory);
  // A hash of zeros: to find a password for it is as hard as for any other.
  return "$argon2id$v=19$m=" + std::to_string(memory) + ",t="
       + std::to_string(passes) + ",p=1$" + std::string(salt_characters, 'A')
       + "$" + std::string(hash_characters, 'A');
}

caf::error check_password(std::string_view password,
                          std::initializer_list<std::string_view> names) {
  auto refuse = [](std::string why) {
    return make_error(ec::invalid_argument, "the password " + std::move(why));
  };
  // Before anything is copied.
  if (password.size() > max_password_bytes)
    return refuse("has more than 256 characters; take a shorter one");
  if (!wire::is_utf8(password))
    return refuse("is not UTF-8; check how it was entered");
  auto characters = count_characters(password);
  if (characters < min_characters)
    return refuse("has fewer than 10 characters; take a longer one, as of "
                  "several words");
  if (characters > max_characters)
    return refuse("has more than 256 characters; take a shorter one");
  secret_text folded{password};
  fold_case(folded.text);
  if (is_common_password(folded.text))
    return refuse("is among the first that are guessed; take another one, as "
                  "of several words");
  for (auto name : names) {
    std::string other{name};
    fold_case(other);
    if (other.size() >= min_name_bytes
        && folded.text.find(other) != std::string::npos)
      return refuse("contains the name " + wire::excerpt(name)
                    + "; take one without");
  }
  return {};
}

} // namespace machine::security
