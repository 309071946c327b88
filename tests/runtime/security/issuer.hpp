#pragma once

#include "runtime/security/jwt.hpp"

#include <catch2/catch.hpp>

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <sodium.h>

/// An issuer of tokens. It signs by OpenSSL alone, so that cjose is not tested
/// with itself.
namespace machine::test {

inline std::string to_base64url(bytes_view x) {
  constexpr auto variant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;
  std::string result(sodium_base64_encoded_len(x.size(), variant), '\0');
  sodium_bin2base64(result.data(), result.size(), x.data(), x.size(), variant);
  result.pop_back();
  return result;
}

inline std::string to_base64url(std::string_view x) {
  return to_base64url(as_bytes(x));
}

/// A key pair, whose public part has a name.
class issuer_key {
public:
  /// *kind* is a number of bits or a curve: `2048`, `P-256`.
  issuer_key(std::string kind, std::string id)
      : kind_(std::move(kind)), id_(std::move(id)) {
    key_.reset(is_rsa() ? EVP_RSA_gen(std::stoul(kind_))
                        : EVP_EC_gen(kind_.c_str()),
               EVP_PKEY_free);
    REQUIRE(key_ != nullptr);
  }

  EVP_PKEY* get() const {
    return key_.get();
  }

  /// A number of the key: `n`, `e`, `d`, `qx`, `qy`.
  bytes number(const char* name, int size = 0) const {
    BIGNUM* value = nullptr;
    REQUIRE(EVP_PKEY_get_bn_param(get(), name, &value) == 1);
    bytes result(static_cast<size_t>(size == 0 ? BN_num_bytes(value) : size));
    BN_bn2binpad(value, result.data(), static_cast<int>(result.size()));
    BN_free(value);
    return result;
  }

  /// The public part as JSON, with *more* members.
  std::string jwk(const std::string& more = "") const {
    auto text = [&](const char* name, int size = 0) {
      return '"' + to_base64url(number(name, size)) + '"';
    };
    auto result = R"({"kid":")" + id_ + '"' + more;
    if (is_rsa())
      return result + R"(,"kty":"RSA","n":)" + text("n") + R"(,"e":)"
           + text("e") + '}';
    return result + R"(,"kty":"EC","crv":")" + kind_ + R"(","x":)"
         + text("qx", coordinate()) + R"(,"y":)" + text("qy", coordinate())
         + '}';
  }

  /// A signature over *text*, in Base64url; *algorithm* says which hash and
  /// padding, whether it fits this key or not.
  std::string sign(std::string_view text, const std::string& algorithm) const {
    auto* hash = algorithm.ends_with("512") ? EVP_sha512()
               : algorithm.ends_with("384") ? EVP_sha384()
                                            : EVP_sha256();
    std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context{
      EVP_MD_CTX_new(), EVP_MD_CTX_free};
    EVP_PKEY_CTX* settings = nullptr;
    REQUIRE(EVP_DigestSignInit(context.get(), &settings, hash, nullptr, get())
            == 1);
    if (algorithm.starts_with("PS")) {
      EVP_PKEY_CTX_set_rsa_padding(settings, RSA_PKCS1_PSS_PADDING);
      EVP_PKEY_CTX_set_rsa_pss_saltlen(settings, RSA_PSS_SALTLEN_DIGEST);
    }
    bytes result(2'048);
    auto size = result.size();
    auto data = as_bytes(text);
    REQUIRE(EVP_DigestSign(context.get(), result.data(), &size, data.data(),
                           data.size())
            == 1);
    result.resize(size);
    return to_base64url(is_rsa() ? result : flatten(result));
  }

private:
  bool is_rsa() const {
    return !kind_.starts_with('P');
  }

  int coordinate() const {
    return kind_ == "P-256" ? 32 : kind_ == "P-384" ? 48 : 66;
  }

  /// The two numbers of a DER signature side by side (RFC 7518, 3.4).
  bytes flatten(const bytes& der) const {
    auto* begin = der.data();
    auto* numbers =
      d2i_ECDSA_SIG(nullptr, &begin, static_cast<long>(der.size()));
    REQUIRE(numbers != nullptr);
    auto half = coordinate();
    bytes result(static_cast<size_t>(2 * half));
    BN_bn2binpad(ECDSA_SIG_get0_r(numbers), result.data(), half);
    BN_bn2binpad(ECDSA_SIG_get0_s(numbers), result.data() + half, half);
    ECDSA_SIG_free(numbers);
    return result;
  }

  std::string kind_;
  std::string id_;
  std::shared_ptr<EVP_PKEY> key_;
};

// Making an RSA key takes long: there is one of each for all tests.
inline const issuer_key& rsa_key() {
  static const issuer_key result{"2048", "rsa"};
  return result;
}

inline const issuer_key& p256_key() {
  static const issuer_key result{"P-256", "p256"};
  return result;
}

inline const issuer_key& p384_key() {
  static const issuer_key result{"P-384", "p384"};
  return result;
}

inline const issuer_key& p521_key() {
  static const issuer_key result{"P-521", "p521"};
  return result;
}

/// A key of somebody else.
inline const issuer_key& strange_key() {
  static const issuer_key result{"P-256", "strange"};
  return result;
}

/// What the issuer publishes.
inline security::jwk_set issuer_keys() {
  auto result = security::parse_jwk_set(
    R"({"keys":[)" + rsa_key().jwk() + ',' + p256_key().jwk() + ','
    + p384_key().jwk() + ',' + p521_key().jwk() + "]}");
  REQUIRE(result);
  REQUIRE(result->keys.size() == 4);
  return *result;
}

/// When tests happen, in seconds.
constexpr int64_t test_second = 1'700'000'000;

constexpr timestamp test_now{std::chrono::seconds{test_second}};

inline security::jwt_policy issuer_policy() {
  using enum security::jwt_algorithm;
  security::jwt_policy result;
  result.issuer = "https://issuer.example";
  result.audience = "machine";
  result.algorithms = {rs256, rs384, rs512, ps256, ps384,
                       ps512, es256, es384, es512};
  return result;
}

/// Claims that are taken, beside *more*.
inline std::string good_claims(const std::string& more = "") {
  return R"({"iss":"https://issuer.example","aud":"machine","sub":"ada",)"
         R"("exp":1700000600)"
       + more + '}';
}

inline std::string token_of(const std::string& header,
                            const std::string& claims, const issuer_key& key,
                            const std::string& algorithm) {
  auto text = to_base64url(header) + '.' + to_base64url(claims);
  return text + '.' + key.sign(text, algorithm);
}

/// A token with *claims*, in order in all else.
inline std::string es256_token(const std::string& claims = good_claims()) {
  return token_of(R"({"alg":"ES256","kid":"p256"})", claims, p256_key(),
                  "ES256");
}

/// A token with *header*, in order in all else.
inline std::string token_with_header(const std::string& header) {
  return token_of(header, good_claims(), p256_key(), "ES256");
}

inline caf::expected<security::jwt_claims>
verify(std::string_view token,
       const security::jwt_policy& policy = issuer_policy()) {
  static const auto keys = issuer_keys();
  return security::verify_jwt(token, policy, keys, test_now);
}

/// Whether *token* is refused as a token must be: `denied`, and with nothing of
/// it in the sentence.
inline bool is_refused(std::string_view token,
                       const security::jwt_policy& policy = issuer_policy()) {
  auto result = verify(token, policy);
  if (result)
    return false;
  auto sentence = message_of(result.error());
  CAPTURE(sentence);
  CHECK(!sentence.empty());
  CHECK(sentence.size() < 200);
  for (size_t i = 0; i + 12 <= token.size(); i += 12)
    if (sentence.find(token.substr(i, 12)) != std::string::npos)
      FAIL("the sentence has a part of the token");
  return code_of(result.error()) == ec::denied;
}

/// Why *token* is refused.
inline std::string
refusal(std::string_view token,
        const security::jwt_policy& policy = issuer_policy()) {
  auto result = verify(token, policy);
  return result ? "it is not refused" : message_of(result.error());
}

} // namespace machine::test
